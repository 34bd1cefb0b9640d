/** The circom compiler, in a child process so that the caller's event loop lives. Boundary module. */
import { spawn } from 'node:child_process'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { ToolError } from '../protocol/errors.ts'
import { cached, REPOSITORY_ROOT } from './cache.ts'
import type { Progress } from './development-setup.ts'
import { includeClosure } from './includes.ts'
import { sha256 } from './provenance.ts'
import { readR1cs } from './r1cs.ts'

const require = createRequire(import.meta.url)
const COMPILER = require.resolve('circom2/cli.js')
const COMPILER_VERSION: string = (require('circom2/package.json') as { version: string }).version

/** Raised when the layout of an entry changes. */
const LAYOUT = 'compiled-2'

const TICK_MS = 1_000

export type Simplification = 'O0' | 'O1' | 'O2'

export interface CompileRequest {
  /** The circom file with the main component. */
  readonly mainFile: string
  /** Names the cache entry. */
  readonly name: string
  /** How far the compiler eliminates linear constraints; O2 unless told. */
  readonly simplification?: Simplification | undefined
  /** Folders looked in before the main file's own, the repository's circuits and circomlib. */
  readonly includeFolders?: readonly string[] | undefined
  readonly cacheRoot?: string | undefined
  /** Called about once a second with the seconds gone by; the compiler does not say how far it is. */
  readonly progress?: Progress | undefined
  readonly notice?: ((message: string) => void) | undefined
}

interface CircuitCounts {
  readonly constraints: number
  readonly signals: number
  readonly publicSignals: number
  /** sha256 of the r1cs file, hex. */
  readonly r1csHash: string
}

export interface CompiledCircuit extends CircuitCounts {
  readonly r1csPath: string
  readonly wasmPath: string
  /** One line per signal: label, witness index (-1 if simplified away), component, name. */
  readonly symPath: string
}

const COUNTS_FILE = 'counts.json'

/** The include folders that every compilation searches, after its own. */
export const STANDARD_INCLUDES: readonly string[] = [
  join(REPOSITORY_ROOT, 'circuits'),
  join(REPOSITORY_ROOT, 'build', 'generated'),
  join(REPOSITORY_ROOT, 'build', 'generated', 'circuits'),
  join(dirname(require.resolve('circomlib/package.json')), 'circuits'),
]

/**
 * Compiles a circuit, or finds it in the cache.
 * @throws ToolError with the compiler's message
 */
export async function compileCircuit(request: CompileRequest): Promise<CompiledCircuit> {
  const mainFile = resolve(request.mainFile)
  // Beside a generated main file stand the generated constants that the hand-written circuits include.
  const folders = [
    ...(request.includeFolders ?? []).map((folder) => resolve(folder)),
    dirname(mainFile),
    ...STANDARD_INCLUDES,
  ]
  const sources = await includeClosure(mainFile, folders)
  const simplification = request.simplification ?? 'O2'
  const folder = await cached({
    root: request.cacheRoot,
    name: `circuit-${request.name}`,
    // Content and not place: the same sources give the same entry in every checkout.
    key: [LAYOUT, COMPILER_VERSION, simplification, ...sources.map(({ text }) => sha256(text))],
    notice: request.notice,
    build: (draft) => runCompiler({ mainFile, simplification, folders, sources, draft, request }),
  })
  return {
    r1csPath: join(folder, 'circuit.r1cs'),
    wasmPath: join(folder, 'circuit.wasm'),
    symPath: join(folder, 'circuit.sym'),
    ...(JSON.parse(await readFile(join(folder, COUNTS_FILE), 'utf8')) as CircuitCounts),
  }
}

/** Counted once, when the entry is made: reading a large constraint system at every start would take a while. */
async function writeCounts(folder: string): Promise<void> {
  const r1cs = await readR1cs(join(folder, 'circuit.r1cs'))
  const counts: CircuitCounts = {
    constraints: r1cs.constraintCount,
    signals: r1cs.signalCount,
    publicSignals: r1cs.publicCount,
    r1csHash: r1cs.hash,
  }
  await writeFile(join(folder, COUNTS_FILE), JSON.stringify(counts, null, 2))
}

interface CompilerRun {
  readonly mainFile: string
  readonly simplification: Simplification
  readonly folders: readonly string[]
  readonly sources: readonly { readonly path: string }[]
  readonly draft: string
  readonly request: CompileRequest
}

async function runCompiler(run: CompilerRun): Promise<void> {
  const { mainFile, draft } = run
  const used: string[] = []
  for (const folder of run.folders) if (await isFolder(folder)) used.push(folder)
  // The compiler runs in a sandbox that sees its working folder and what is above it, but finds included files
  // only below: so it runs in the folder that holds everything.
  const cwd = commonFolder([
    dirname(mainFile),
    draft,
    ...used,
    ...run.sources.map(({ path }) => dirname(path)),
  ])
  const place = (path: string) => relative(cwd, path) || '.'
  const args = [
    place(mainFile),
    '--r1cs',
    '--wasm',
    '--sym',
    `--${run.simplification}`,
    ...used.flatMap((folder) => ['-l', place(folder)]),
    '-o',
    place(draft),
  ]
  const output = await runTool(args, cwd, run.request)
  const stem = basename(mainFile, '.circom')
  const moves = [
    [`${stem}.r1cs`, 'circuit.r1cs'],
    [`${stem}.sym`, 'circuit.sym'],
    [join(`${stem}_js`, `${stem}.wasm`), 'circuit.wasm'],
  ] as const
  for (const [from, to] of moves) {
    await rename(join(draft, from), join(draft, to)).catch((cause: unknown) => {
      throw new ToolError(`circom wrote no ${to} for ${run.request.name}:\n${output}`, { cause })
    })
  }
  await rm(join(draft, `${stem}_js`), { recursive: true, force: true })
  await writeCounts(draft)
}

function runTool(args: readonly string[], cwd: string, request: CompileRequest): Promise<string> {
  return new Promise((resolvePromise, reject) => {
    const started = performance.now()
    const child = spawn(process.execPath, [COMPILER, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk: Buffer) => {
      output += chunk.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const stop = () => child.kill()
    process.once('exit', stop)
    const seconds = () => Math.round((performance.now() - started) / 1000)
    const ticking = setInterval(() => request.progress?.(`compiling ${request.name}`, seconds(), 0), TICK_MS)
    const settle = () => {
      clearInterval(ticking)
      process.removeListener('exit', stop)
    }
    child.on('error', (cause) => {
      settle()
      reject(new ToolError('the circom compiler could not be started', { cause }))
    })
    child.on('close', (code, signal) => {
      settle()
      const text = readable(output)
      if (code === 0) resolvePromise(text)
      else
        reject(new ToolError(`circom refuses ${request.name} (${signal ?? `exit code ${code}`}):\n${text}`))
    })
  })
}

/** Without the colours, and without the closing remark that says nothing. */
function readable(output: string): string {
  const colour = String.fromCharCode(27)
  return output
    .replaceAll(new RegExp(`${colour}\\[[0-9;]*m`, 'g'), '')
    .replace(/previous errors were found\s*$/, '')
    .trim()
}

function commonFolder(paths: readonly string[]): string {
  const split = paths.map((path) => path.split(sep))
  const first = split[0]!
  let depth = 0
  while (depth < first.length && split.every((parts) => parts[depth] === first[depth])) depth++
  return first.slice(0, depth).join(sep) || sep
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  )
}
