/** A snarkjs proving key becomes memory that all threads compute on. */
import type { Affine, Group } from './big-curve.ts'
import { type CountedRecords, countRecords, writeCoefficients } from './coefficients.ts'
import { pointOf, wordBytes } from './containers.ts'
import { convertPoints } from './convert.ts'
import { writeTables } from './domain.ts'
import { EngineError } from './errors.ts'
import { type VerificationPoints, verificationPoints } from './json.ts'
import { KeyFile, type KeyHeader, type KeySource } from './key-file.ts'
import { type Counts, EXTRA_SCALARS, type KeyLayout, layOutKey, SUMS, type Sum } from './layout.ts'
import { degree, Machine, pointBytes } from './machine.ts'
import { Verifier } from './verify.ts'
import { writeConstants } from './wasm/layout.ts'
import { MAXIMUM_PAGES } from './wasm/module.ts'

const PAGE = 65_536

export interface LoadedKey {
  readonly layout: KeyLayout
  readonly machine: Machine
  readonly delta1: Affine
  readonly verifier: Verifier
  readonly verificationPoints: VerificationPoints
}

export interface LoadOptions {
  readonly module: WebAssembly.Module
  readonly shared: boolean
  readonly threads: number
  readonly memoryLimitBytes: number
}

/** @throws EngineError KEY or UNSAFE for a damaged, foreign or unsafe key, MEMORY for one that exceeds the limit */
export async function loadKey(source: KeySource, options: LoadOptions): Promise<LoadedKey> {
  const file = await KeyFile.open(source)
  const { header } = file
  const verifier = await Verifier.create(header)
  const records = await countRecords(file)
  const present = {} as Record<Sum, Uint32Array>
  for (const name of SUMS) present[name] = await presentPoints(file, name)
  const layout = layOutKey(header, countsOf(header, records, present), options.threads)
  if (layout.byteLength > options.memoryLimitBytes) {
    throw new EngineError(
      'MEMORY',
      `this key takes ${layout.byteLength} of ${options.memoryLimitBytes} bytes`,
    )
  }
  const machine = await Machine.create(options.module, allocate(layout.byteLength, options.shared))
  writeConstants(machine.memory.buffer)
  writeTables(machine, layout)
  await writeCoefficients(machine, layout, file, records)
  for (const name of SUMS) await writeBases(machine, layout, file, name, present[name])
  const delta1 = pointOf('g1', wordBytes(header.delta1))
  return { layout, machine, delta1, verifier, verificationPoints: verificationPoints(header) }
}

function countsOf(
  header: KeyHeader,
  { values, before }: CountedRecords,
  present: Readonly<Record<Sum, Uint32Array>>,
): Counts {
  const bases = Object.fromEntries(
    SUMS.map((name) => [name, present[name].length + blindingPoints(header, name).length]),
  ) as Counts['bases']
  const records = { a: before.a.at(-1)!, b: before.b.at(-1)! }
  return { values: values.count, records, bases }
}

/** @throws EngineError MEMORY */
export function allocate(byteLength: number, shared: boolean): WebAssembly.Memory {
  const pages = Math.ceil(byteLength / PAGE) + 1
  try {
    if (pages > MAXIMUM_PAGES) throw new RangeError('more than 4 GiB')
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared })
  } catch (cause) {
    throw new EngineError('MEMORY', `no memory for a key of ${byteLength} bytes`, { cause })
  }
}

/** The numbers of a sum's points that are not infinity. */
async function presentPoints(file: KeyFile, name: Sum): Promise<Uint32Array> {
  const { domainSize } = file.header
  if (name === 'h') return Uint32Array.from({ length: domainSize }, (_, i) => i)
  const size = 16 * degree(groupOf(name))
  const numbers: number[] = []
  for await (const { words, first, count } of file.points(name)) {
    for (let i = 0; i < count; i++) {
      let bits = 0
      for (let word = 0; word < size; word++) bits |= words[i * size + word]!
      if (bits !== 0) numbers.push(first + i)
    }
  }
  return Uint32Array.from(numbers)
}

function groupOf(name: Sum): Group {
  return name === 'b2' ? 'g2' : 'g1'
}

/** The points that a sum takes beyond those of the signals, with the numbers of their scalars. */
function blindingPoints(file: KeyHeader, name: Sum): [Uint32Array, keyof typeof EXTRA_SCALARS][] {
  if (name === 'a')
    return [
      [file.alpha1, 'one'],
      [file.delta1, 'r'],
    ]
  if (name === 'b1')
    return [
      [file.beta1, 'one'],
      [file.delta1, 's'],
    ]
  if (name === 'b2')
    return [
      [file.beta2, 'one'],
      [file.delta2, 's'],
    ]
  return []
}

async function writeBases(
  machine: Machine,
  layout: KeyLayout,
  file: KeyFile,
  name: Sum,
  present: Uint32Array,
): Promise<void> {
  const { group, bases, indices } = layout.sums[name]
  const { header } = file
  const scratch = layout.work[0]!
  const place = (index: number) => bases + index * pointBytes(group)
  let done = 0
  for await (const { words, first, count } of file.points(name)) {
    let end = done
    while (end < present.length && present[end]! < first + count) end++
    const numbers = present.subarray(done, end).map((number) => number - first)
    convertPoints(machine, group, words, numbers, place(done), scratch)
    done = end
  }
  // The points of section 8 start after the public signals.
  const skipped = name === 'c' ? header.publicCount + 1 : 0
  if (indices !== undefined)
    machine.words.set(
      present.map((number) => number + skipped),
      indices / 4,
    )
  blindingPoints(header, name).forEach(([point, scalar], i) => {
    const index = present.length + i
    convertPoints(machine, group, point, Uint32Array.of(0), place(index), scratch)
    machine.words[indices! / 4 + index] = layout.signalCount + EXTRA_SCALARS[scalar]
  })
}
