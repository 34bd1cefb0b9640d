/** Small circuits for the prover's tests, and what it takes to compile and key them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ArtifactsRequest, circuitArtifacts } from '../../src/prover/artifacts.ts'
import type { CircuitArtifacts } from '../../src/prover/backend.ts'
import { invertField } from '../../src/prover/scalar-field.ts'
import { WitnessCalculator, type WitnessInputs } from '../../src/prover/witness.ts'
import { WorkerPool } from '../../src/prover/workers/pool.ts'

const PRAGMA = 'pragma circom 2.1.6;\n'

export const TOY_SOURCES = {
  /** One public input, one output, an assertion in a component, a constraint with ===. */
  product: `
template Inner() {
    signal input a;
    signal input b;
    signal output c;
    c <== a * b;
    a === 3;
    assert(b == 5);
}
template Main() {
    signal input a;
    signal input b;
    signal output c;
    component inner = Inner();
    inner.a <== a;
    inner.b <== b;
    c <== inner.c;
}
component main {public [a]} = Main();`,
  /** Eight public inputs and no output; each is multiplied by a private one, which must be its inverse. */
  eight: `
template Main() {
    signal input shown[8];
    signal input hidden[8];
    for (var i = 0; i < 8; i++) {
        shown[i] * hidden[i] === 1;
    }
}
component main {public [shown]} = Main();`,
  /** The public input "context" is in no constraint but its own square, which nothing else uses. */
  context: `
template Main() {
    signal input context;
    signal input x;
    signal output y;
    signal square;
    square <== context * context;
    y <== x * x + x;
}
component main {public [context]} = Main();`,
  /** Bits of a number: booleans and a linear constraint. */
  bits: `
template Main(n) {
    signal input value;
    signal output bits[n];
    var sum = 0;
    for (var i = 0; i < n; i++) {
        bits[i] <-- (value >> i) & 1;
        bits[i] * (bits[i] - 1) === 0;
        sum += bits[i] * (1 << i);
    }
    sum === value;
}
component main = Main(20);`,
} as const

export type ToyName = keyof typeof TOY_SOURCES

export interface Workshop {
  readonly folder: string
  /** Writes a circom file and returns its path. */
  source(name: string, text: string): Promise<string>
  artifacts(name: ToyName, more?: Partial<ArtifactsRequest>): ReturnType<typeof circuitArtifacts>
  close(): Promise<void>
}

/** A temporary folder with a cache of its own. */
export async function openWorkshop(): Promise<Workshop> {
  const folder = await mkdtemp(join(tmpdir(), 'tacit-prover-'))
  const source = async (name: string, text: string) => {
    const path = join(folder, `${name}.circom`)
    await writeFile(path, PRAGMA + text)
    return path
  }
  return {
    folder,
    source,
    artifacts: async (name, more = {}) =>
      circuitArtifacts({
        mainFile: await source(name, TOY_SOURCES[name]),
        name,
        cacheRoot: join(folder, 'cache'),
        ...more,
      }),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

const shown = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n]
/** Inputs that each toy accepts. */
export const TOY_INPUTS: Readonly<Record<ToyName, WitnessInputs>> = {
  product: { a: 3n, b: 5n },
  eight: { shown, hidden: shown.map(invertField) },
  context: { context: 77n, x: 4n },
  bits: { value: 0xabcden },
}
export const TOY_NAMES = Object.keys(TOY_INPUTS) as ToyName[]

export interface Toys {
  readonly artifacts: Readonly<Record<ToyName, CircuitArtifacts>>
  readonly witnesses: Readonly<Record<ToyName, Uint8Array>>
}

/** Every toy compiled and keyed, with an honest witness. */
export async function buildToys(workshop: Workshop): Promise<Toys> {
  const artifacts = {} as Record<ToyName, CircuitArtifacts>
  const witnesses = {} as Record<ToyName, Uint8Array>
  const pool = new WorkerPool(2)
  try {
    for (const name of TOY_NAMES) {
      artifacts[name] = await workshop.artifacts(name, { pool })
      const calculator = await WitnessCalculator.create(artifacts[name].wasmPath)
      witnesses[name] = await calculator.calculate(TOY_INPUTS[name])
    }
  } finally {
    await pool.close()
  }
  return { artifacts, witnesses }
}
