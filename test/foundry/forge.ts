import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { compilerVersion } from '../../src/chain/compiler/compiler.ts'
import { generatedSources, withImports } from '../../src/chain/sources.ts'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { trapdoorSources } from './trapdoor.ts'

/**
 * Runs forge over test/foundry/*.t.sol with solc from npm. Everything that forge needs besides (its configuration, the
 * compiler as a program, every source by its import name) is written to build/foundry. Boundary module.
 */
export interface ForgeRun {
  readonly passed: boolean
  readonly output: string
}

const FOLDER = join(REPOSITORY_ROOT, 'build', 'foundry')
const SOURCES = join(FOLDER, 'sources')
const TESTS = join(REPOSITORY_ROOT, 'test', 'foundry')
const require = createRequire(import.meta.url)

/** Path of forge for this platform; undefined where npm has installed none. */
export function forgePath(): string | undefined {
  const platform = process.platform
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  try {
    const manifest = require.resolve(`@foundry-rs/forge-${platform}-${architecture}/package.json`)
    const path = join(dirname(manifest), 'bin', platform === 'win32' ? 'forge.exe' : 'forge')
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

/** All tests, or those of one contract. */
export async function runForge(forge: string, contract?: string): Promise<ForgeRun> {
  await writeProject()
  const only = contract === undefined ? [] : ['--match-contract', contract]
  const args = ['test', '--root', FOLDER, ...only]
  // Neither a developer's own profile nor a colour setting may change what runs or is read.
  const env = { ...process.env, NO_COLOR: '1', FOUNDRY_PROFILE: 'default' }
  return new Promise((resolve) => {
    execFile(forge, args, { cwd: FOLDER, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ passed: error === null, output: `${stdout}\n${stderr}` })
    })
  })
}

async function writeProject(): Promise<void> {
  const own = Object.fromEntries(
    readdirSync(TESTS)
      .filter((name) => name.endsWith('.sol'))
      .map((name) => [`test/foundry/${name}`, readFileSync(join(TESTS, name), 'utf8')]),
  )
  const sources = withImports({ ...own, ...generatedSources(), ...(await trapdoorSources()) })
  for (const [name, text] of Object.entries(sources)) writeIfNew(join(SOURCES, name), text)
  // A test that was taken away must not run on.
  for (const name of readdirSync(join(SOURCES, 'test/foundry'))) {
    if (!(`test/foundry/${name}` in sources)) rmSync(join(SOURCES, 'test/foundry', name))
  }
  // The program has no ending in its name: this says which kind of module it is.
  writeIfNew(join(FOLDER, 'package.json'), '{ "type": "commonjs" }\n')
  const solc = join(FOLDER, 'solc')
  writeIfNew(solc, solcProgram())
  chmodSync(solc, 0o755)
  writeIfNew(join(FOLDER, 'foundry.toml'), configuration())
}

/** Untouched files keep forge's cache good. */
function writeIfNew(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text)
}

/** forge asks for a program: --version, and --standard-json with the input on stdin. */
function solcProgram(): string {
  const compiler = require.resolve('../../src/chain/compiler/solc.cjs')
  return `#!${process.execPath}
if (process.argv.includes('--version')) {
  console.log('solc, the solidity compiler commandline interface\\nVersion: ${compilerVersion()}+npm.soljson')
} else {
  const input = require('node:fs').readFileSync(0, 'utf8')
  process.stdout.write(require(${JSON.stringify(compiler)}).load().compile(input))
}
`
}

/** The optimiser would take minutes and changes nothing of what is tested here; so contracts are larger than a chain takes. */
function configuration(): string {
  return `[profile.default]
src = "sources/test/foundry"
test = "sources/test/foundry"
script = "none"
out = "out"
cache_path = "cache"
libs = []
solc = ${JSON.stringify(join(FOLDER, 'solc'))}
offline = true
auto_detect_remappings = false
remappings = [
  "@openzeppelin/=sources/@openzeppelin/",
  "@generated/=sources/@generated/",
  "@toy/=sources/@toy/",
  "contracts/=sources/contracts/",
  "test/=sources/test/",
]
evm_version = "cancun"
optimizer = false
via_ir = false
bytecode_hash = "none"
code_size_limit = 16777216
gas_limit = "18446744073709551615"
ignored_error_codes = [2394, 3860, 5574, 6335]

[profile.default.lint]
lint_on_build = false

[profile.default.fuzz]
runs = 32
seed = "0x7ac17"
failure_persist_dir = "failures"

[profile.default.invariant]
runs = 10
depth = 60
fail_on_revert = false
shrink_run_limit = 200
failure_persist_dir = "failures"
`
}
