/**
 * Compiles one template of the margin circuit as a main of its own, three ways: as it is (constraints), as a forging
 * program (every assignment open to a disturbance), and with one statement taken out.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { circomProtocol } from '../../src/prover/generate.ts'

const root = resolve(import.meta.dirname, '../..')
const circomlib = join(root, 'node_modules/circomlib/circuits')
const LIBRARY_FILES = [
  'bitify.circom',
  'comparators.circom',
  'binsum.circom',
  'aliascheck.circom',
  'compconstant.circom',
  'poseidon_constants.circom',
]
const run = promisify(execFile)

/** All circuit sources by path relative to an include root. */
export function readSources(): Map<string, string> {
  const sources = new Map<string, string>([['protocol.circom', circomProtocol()]])
  for (const path of readdirSync(join(root, 'circuits'), { recursive: true, encoding: 'utf8' })) {
    if (path.endsWith('.circom')) sources.set(path, readFileSync(join(root, 'circuits', path), 'utf8'))
  }
  for (const file of LIBRARY_FILES) sources.set(file, readFileSync(join(circomlib, file), 'utf8'))
  return sources
}

export interface Compiled {
  readonly folder: string
  readonly r1cs: string
  readonly wasm: string
  readonly sym: string
}

/**
 * Compiles sources with the given main text, without simplification, so that signals keep their names and a statement
 * that is taken out leaves every other one in its place. Cached by content below build/mutation.
 */
export async function compileSources(
  sources: ReadonlyMap<string, string>,
  main: string,
  outputs: 'constraints' | 'program',
): Promise<Compiled> {
  const hash = createHash('sha256').update(outputs).update(main)
  for (const [path, text] of [...sources].sort()) hash.update(path).update(text)
  const folder = join(root, 'build/mutation', hash.digest('hex').slice(0, 24))
  const compiled = {
    folder,
    r1cs: join(folder, 'main.r1cs'),
    wasm: join(folder, 'main_js/main.wasm'),
    sym: join(folder, 'main.sym'),
  }
  if (existsSync(folder)) return compiled
  const work = `${folder}.${process.pid}`
  rmSync(work, { recursive: true, force: true })
  for (const [path, text] of sources) {
    mkdirSync(join(work, path, '..'), { recursive: true })
    writeFileSync(join(work, path), text)
  }
  writeFileSync(join(work, 'main.circom'), main)
  const compiler = createRequire(import.meta.url).resolve('circom2/cli.js')
  const flags = outputs === 'program' ? ['--wasm', '--sym'] : ['--r1cs', '--sym']
  await run(process.execPath, [compiler, 'main.circom', '--O0', ...flags, '-o', '.', '-l', '.'], {
    cwd: work,
    maxBuffer: 1 << 26,
  }).catch((error) => {
    cpSync(work, `${folder}.failed`, { recursive: true })
    rmSync(work, { recursive: true, force: true })
    throw new Error(`circom2 refused ${folder}.failed: ${error.stdout}${error.stderr}`.slice(0, 2000))
  })
  try {
    renameSync(work, folder)
  } catch {
    rmSync(work, { recursive: true, force: true })
  }
  return compiled
}

/** Signal index by full name, without the leading "main.". */
export function readSymbols(path: string): Map<string, number> {
  const symbols = new Map<string, number>()
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [, witness, , name] = line.split(',')
    if (name !== undefined) symbols.set(name.replace(/^main\./, ''), Number(witness))
  }
  return symbols
}
