import { toField } from '../../src/protocol/field.ts'
import { readR1cs } from '../../src/prover/r1cs.ts'
import { TestRandom } from '../../test/support/synthetic.ts'
import { type Attempt, attempts, disturbedInputs } from './attempts.ts'
import { type Control, forgingSource, mutantSource } from './forge.ts'
import { compileSources, readSymbols } from './harness.ts'
import { type HonestRun, loadProgram, mainText, randomValue } from './honest.ts'
import { Rows, rowKeys } from './rows.ts'
import { parseTemplates, type Statement } from './statements.ts'
import { FORGE_INPUT, type Harness } from './templates.ts'

export interface MutantReport {
  readonly statement: Statement
  readonly constraints: number
  /** The forgery that only this statement keeps out; undefined: nothing noticed that it was gone. */
  readonly noticedBy: string | undefined
}

export interface TemplateReport {
  readonly harness: Harness
  readonly forgeries: number
  readonly refused: number
  readonly mutants: readonly MutantReport[]
  /** Disturbed assignments that every constraint let pass: values that the template leaves open. */
  readonly open: readonly string[]
}

type Values = ReadonlyMap<string, bigint>
type Symbols = ReadonlyMap<string, number>

/** Forges a template in every way known, then takes out its statements one by one and sees whether a forgery passes. */
export async function analyse(
  harness: Harness,
  sources: ReadonlyMap<string, string>,
  runs: readonly HonestRun[],
  options: { readonly mutants: boolean } = { mutants: true },
): Promise<TemplateReport> {
  const main = mainText(harness.file, harness.template, harness.arguments)
  const original = await compileSources(sources, main, 'constraints')
  const symbols = readSymbols(original.sym)
  const rows = new Rows(await readR1cs(original.r1cs))
  const workshop = await openWorkshop(harness, sources, main, { symbols, rows, runs })
  const forged = await forgeAll(workshop)
  const mutants = options.mutants ? await takeOut(workshop, sources, main, forged.refusals) : []
  return { harness, forgeries: forged.count, refused: forged.refusals.length, mutants, open: forged.open }
}

/** A witness that the constraints refuse, and the rows that do. */
interface Refusal {
  readonly forgery: string
  readonly rows: readonly number[]
}

/** A template's forging program with its honest inputs. */
interface Workshop {
  readonly harness: Harness
  readonly rows: Rows
  readonly symbols: Symbols
  readonly controls: readonly Control[]
  readonly bases: readonly { readonly inputs: Values; readonly witness: readonly bigint[] }[]
  /** The witness of some inputs and disturbances, in the signal order of the template as it is. */
  run(inputs: Values, forge: readonly bigint[]): Promise<bigint[]>
}

async function openWorkshop(
  harness: Harness,
  sources: ReadonlyMap<string, string>,
  main: string,
  circuit: { symbols: Symbols; rows: Rows; runs: readonly HonestRun[] },
): Promise<Workshop> {
  const { symbols, rows, runs } = circuit
  const source = sources.get(harness.file)!
  const { text, controls } = forgingSource(source, harness, symbols)
  const compiled = await compileSources(new Map(sources).set(harness.file, text), main, 'program')
  const program = await loadProgram(compiled.wasm)
  const layout = layoutOf(symbols, readSymbols(compiled.sym))
  const run = async (inputs: Values, forge: readonly bigint[]) =>
    layout(await program.run({ ...grouped(inputs), [FORGE_INPUT]: forge }))
  const template = parseTemplates(source).find(({ name }) => name === harness.template)!
  const bases = []
  for (const inputs of honestBases(harness, template.inputs, symbols, runs)) {
    const witness = await run(inputs, idle(controls))
    const broken = rows.violated(witness)
    if (broken.length > 0)
      throw new Error(`${harness.template}: an honest run breaks ${broken.length} constraints`)
    bases.push({ inputs, witness })
  }
  return { harness, rows, symbols, controls, bases, run }
}

async function forgeAll(workshop: Workshop): Promise<{ count: number; refusals: Refusal[]; open: string[] }> {
  const { harness, controls, rows, symbols } = workshop
  const refusals: Refusal[] = []
  const open = new Set<string>()
  let count = 0
  for (const { inputs, witness: honest } of workshop.bases) {
    for (const attempt of attempts(harness, inputs, controls)) {
      count++
      const forge = disturbances(attempt, idle(controls), honest, symbols)
      let forged = new Map([...inputs, ...attempt.inputs])
      let witness = await workshop.run(forged, forge)
      if (attempt.follow.length > 0) {
        const followed = attempt.follow.map(
          ({ input, signal }) => [input, witness[symbols.get(signal)!]!] as const,
        )
        forged = new Map([...forged, ...followed])
        witness = await workshop.run(forged, forge)
      }
      const changed = changedSignals(witness, honest)
      const refusing = rows.violated(witness, changed)
      if (refusing.length > 0) refusals.push({ forgery: attempt.name, rows: refusing })
      else if (attempt.inputs.size === 0 && changed.length > 0) open.add(attempt.name)
    }
  }
  return { count, refusals, open: [...open] }
}

async function takeOut(
  workshop: Workshop,
  sources: ReadonlyMap<string, string>,
  main: string,
  refusals: readonly Refusal[],
): Promise<MutantReport[]> {
  const { harness, rows } = workshop
  const source = sources.get(harness.file)!
  const template = parseTemplates(source).find(({ name }) => name === harness.template)!
  const reports: MutantReport[] = []
  for (const statement of template.statements) {
    if (statement.operator === '<--') continue
    const mutated = new Map(sources).set(harness.file, mutantSource(source, statement))
    const mutant = await compileSources(mutated, main, 'constraints')
    const removed = removedRows(rows.keys, rowKeys(await readR1cs(mutant.r1cs)))
    // A branch that these parameters never take, or a constant: no constraint to miss.
    if (removed.size === 0) continue
    const slipped = refusals.find((refusal) => refusal.rows.every((row) => removed.has(row)))
    const noticedBy = slipped?.forgery ?? (await decoupled(workshop, statement, removed))
    reports.push({ statement, constraints: removed.size, noticedBy })
  }
  return reports
}

/**
 * The forgery against a wire: an input is changed and the assignment that carries it on is disturbed back to its honest
 * value, so that the rest of the template goes on with what is no longer there.
 */
async function decoupled(
  workshop: Workshop,
  statement: Statement,
  removed: ReadonlySet<number>,
): Promise<string | undefined> {
  const controls = workshop.controls.filter(
    (control) => control.statement.from === statement.from && control.spread !== 'carry',
  )
  for (const { inputs, witness: honest } of workshop.bases) {
    for (const change of disturbedInputs(inputs)) {
      for (const control of controls) {
        const target = workshop.symbols.get(control.target)!
        const changedInputs = new Map([...inputs, ...change.inputs])
        const free = await workshop.run(changedInputs, idle(workshop.controls))
        if (free[target] === honest[target]) continue
        const forge = idle(workshop.controls)
        forge[control.index] = toField(honest[target]! - free[target]!)
        const witness = await workshop.run(changedInputs, forge)
        const refusing = workshop.rows.violated(witness, changedSignals(witness, honest))
        if (refusing.length > 0 && refusing.every((row) => removed.has(row))) {
          return `${change.name}, ${control.statement.left} kept`
        }
      }
    }
  }
  return undefined
}

function idle(controls: readonly Control[]): bigint[] {
  return new Array<bigint>(Math.max(1, controls.length)).fill(0n)
}

function changedSignals(witness: readonly bigint[], honest: readonly bigint[]): number[] {
  return [...witness.keys()].filter((index) => witness[index] !== honest[index])
}

function disturbances(
  attempt: Attempt,
  idle: readonly bigint[],
  honest: readonly bigint[],
  symbols: Symbols,
): bigint[] {
  const forge = [...idle]
  for (const { control, delta } of attempt.disturb) {
    const index = symbols.get(control.target)
    forge[control.index] = toField(delta(index === undefined ? 0n : honest[index]!))
  }
  return forge
}

/** Rearranges a forging program's witness to the signal order of the template as it is. */
function layoutOf(original: Symbols, forged: Symbols): (witness: readonly bigint[]) => bigint[] {
  const pairs = [...original]
    .filter(([, index]) => index >= 0)
    .map(([name, index]) => [index, forged.get(name)!] as const)
  const size = 1 + Math.max(...pairs.map(([index]) => index))
  return (witness) => {
    const mapped = new Array<bigint>(size).fill(0n)
    mapped[0] = 1n
    for (const [to, from] of pairs) mapped[to] = witness[from]!
    return mapped
  }
}

/** Honest inputs of the template: what its instances got in honest runs of the whole circuit, a few that differ. */
function honestBases(
  harness: Harness,
  inputNames: readonly string[],
  symbols: Symbols,
  runs: readonly HonestRun[],
): Values[] {
  const names = [...symbols.keys()].filter(
    (name) => !name.includes('.') && inputNames.includes(name.replace(/\[.*/, '')),
  )
  if (harness.instances.length === 0) {
    const random = new TestRandom(names.length)
    return [new Map(names.map((name) => [name, randomValue(random)]))]
  }
  const distinct = new Map<string, Values>()
  for (const run of runs) {
    for (const instance of harness.instances) {
      const prefix = instance === '' ? '' : `${instance}.`
      const base = new Map(names.map((name) => [name, run.get(`${prefix}${name}`)!]))
      distinct.set([...base.values()].join(), base)
    }
  }
  const bases = [...distinct.values()]
  const stride = Math.max(1, Math.floor(bases.length / harness.bases))
  return bases.filter((_, index) => index % stride === 0).slice(0, harness.bases)
}

/** Values by signal name, arrays flattened in order: the shape that the witness calculator takes. */
function grouped(values: Values): Record<string, bigint[]> {
  const groups: Record<string, bigint[]> = {}
  for (const [name, value] of values) (groups[name.replace(/\[.*/, '')] ??= []).push(value)
  return groups
}

function removedRows(original: readonly string[], mutant: readonly string[]): Set<number> {
  const left = new Map<string, number>()
  for (const key of mutant) left.set(key, (left.get(key) ?? 0) + 1)
  const removed = new Set<number>()
  for (const [index, key] of original.entries()) {
    const count = left.get(key) ?? 0
    if (count === 0) removed.add(index)
    else left.set(key, count - 1)
  }
  return removed
}
