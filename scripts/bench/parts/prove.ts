import { availableParallelism } from 'node:os'
import { groth16 } from 'snarkjs'
import { ProofError } from '../../../src/protocol/errors.ts'
import type { CircuitArtifacts, ProofResult, ProverBackend } from '../../../src/prover/backend.ts'
import type { CircuitInputs } from '../../../src/prover/margin-inputs.ts'
import { findRapidsnark, RapidsnarkBackend } from '../../../src/prover/rapidsnark.ts'
import { selectBackend } from '../../../src/prover/select-backend.ts'
import { closeSnarkjs } from '../../../src/prover/snarkjs-threads.ts'
import { WitnessCalculator } from '../../../src/prover/witness.ts'
import { DEFAULT_THREADS } from '../../../src/prover/workers/pool.ts'
import { median, medianTimes, peakMemoryMib, rounded, type Timed, timed } from '../measure.ts'
import { atLeast, atMost, type BenchPart, type Row, type Say, showCount, showSeconds } from '../part.ts'
import { benchArtifacts, benchWorld, fullestOf, witnessOf } from '../world.ts'

const TARGET_RATIO = 0.75
/** What the proving engine is to reach, on a machine with nothing else to do. */
const TARGET_SPEEDUP = 4.5

/**
 * One claim of the sample book, proven by the built-in backend and by snarkjs in turn: same proving key file, same
 * witness, same process. Both are warm: threads started, and one proof made before the first that counts. The
 * built-in backend's time includes the check of the proof that it always makes; snarkjs' has none.
 */
export const provePart: BenchPart = {
  name: 'prove',
  summary: 'witness and proof of a margin-16 claim, against snarkjs on the same key and witness',
  async run({ proofs }, say) {
    const artifacts = await benchArtifacts(say)
    say('the sample book')
    const world = await benchWorld()
    const claim = { threshold: 'im', below: false } as const
    const statement = witnessOf(world, fullestOf(world, 'healthy'), claim, 1n)
    const witness = await measureWitness(artifacts, statement.inputs, proofs)
    // snarkjs takes a thread per core, so the built-in backend may do the same.
    const threads = Math.max(DEFAULT_THREADS, availableParallelism())
    const backend = await selectBackend({ backend: 'builtin', threads })
    try {
      const compared = await compare(backend, artifacts, witness.bytes, proofs, say)
      const rapidsnark = await measureRapidsnark(artifacts, witness.bytes, proofs, say)
      return report({ artifacts, threads, witness, compared, rapidsnark })
    } finally {
      await backend.close()
      await closeSnarkjs()
    }
  },
}

interface WitnessTimes {
  readonly bytes: Uint8Array
  readonly seconds: number
  readonly coldSeconds: number
}

async function measureWitness(
  artifacts: CircuitArtifacts,
  inputs: CircuitInputs,
  runs: number,
): Promise<WitnessTimes> {
  const cold = await timed(async () => {
    const calculator = await WitnessCalculator.create(artifacts.wasmPath)
    return { calculator, bytes: await calculator.calculate(inputs) }
  })
  const { calculator, bytes } = cold.value
  const times: number[] = []
  for (let run = 0; run < runs; run++) times.push((await timed(() => calculator.calculate(inputs))).seconds)
  return { bytes, seconds: median(times), coldSeconds: cold.seconds }
}

type Times = ReturnType<typeof medianTimes>

interface Compared {
  readonly own: Times
  readonly snarkjs: Times
  readonly coldSeconds: number
  readonly snarkjsColdSeconds: number
  readonly peakMemoryMib: number
  /** Medians of the built-in backend's phases by name, seconds; some overlap. */
  readonly phases: Readonly<Record<string, number>>
}

async function compare(
  backend: ProverBackend,
  artifacts: CircuitArtifacts,
  witness: Uint8Array,
  proofs: number,
  say: Say,
): Promise<Compared> {
  const prove = () => timed(() => backend.prove(artifacts, witness))
  const proveWithSnarkjs = () => timed(() => groth16.prove(artifacts.zkeyPath, witness))
  say('first proof of each prover')
  const cold = await prove()
  // Before snarkjs starts: its memory is not ours.
  const memory = await peakMemoryMib(prove)
  const snarkjsCold = await proveWithSnarkjs()
  await checkProof(artifacts, 'snarkjs', snarkjsCold.value)
  const own: Timed<ProofResult>[] = []
  const theirs: Timed<unknown>[] = []
  for (let run = 1; run <= proofs; run++) {
    say(`proof ${run} of ${proofs}`)
    const made = await prove()
    await checkProof(artifacts, backend.name, asText(made.value))
    own.push(made)
    theirs.push(await proveWithSnarkjs())
  }
  return {
    own: medianTimes(own),
    snarkjs: medianTimes(theirs),
    coldSeconds: cold.seconds,
    snarkjsColdSeconds: snarkjsCold.seconds,
    peakMemoryMib: memory,
    phases: phasesOf(own.map(({ value }) => value.timings)),
  }
}

async function measureRapidsnark(
  artifacts: CircuitArtifacts,
  witness: Uint8Array,
  proofs: number,
  say: Say,
): Promise<number | undefined> {
  const program = await findRapidsnark()
  if (program === undefined) return undefined
  say('rapidsnark')
  const backend = new RapidsnarkBackend({ program })
  await checkProof(artifacts, backend.name, asText(await backend.prove(artifacts, witness)))
  const times: number[] = []
  for (let run = 0; run < proofs; run++)
    times.push((await timed(() => backend.prove(artifacts, witness))).seconds)
  return median(times)
}

interface TextProof {
  readonly proof: unknown
  readonly publicSignals: readonly string[]
}

function asText({ proof, publicSignals }: ProofResult): TextProof {
  return { proof, publicSignals: publicSignals.map(String) }
}

/** A fast proof of nothing is worth nothing: snarkjs itself verifies every prover's. */
async function checkProof(artifacts: CircuitArtifacts, prover: string, made: TextProof): Promise<void> {
  if (await groth16.verify(artifacts.verificationKey, made.publicSignals, made.proof)) return
  throw new ProofError(`the proof of ${prover} does not verify with snarkjs`)
}

function phasesOf(timings: readonly ProofResult['timings'][]): Record<string, number> {
  const names = Object.keys(timings[0]!).filter((name) => name !== 'total')
  return Object.fromEntries(
    names.map((name) => [name.replace(/Ms$/, ''), rounded(median(timings.map((one) => one[name]!)) / 1_000)]),
  )
}

interface Measured {
  readonly artifacts: CircuitArtifacts
  readonly threads: number
  readonly witness: WitnessTimes
  readonly compared: Compared
  readonly rapidsnark: number | undefined
}

function report({ artifacts, threads, witness, compared, rapidsnark }: Measured) {
  const { name, constraints } = artifacts
  const { own, snarkjs, coldSeconds, snarkjsColdSeconds, phases } = compared
  const ratio = own.seconds / snarkjs.seconds
  const cpuRatio = own.cpuSeconds / snarkjs.cpuSeconds
  return {
    figures: {
      circuit: name,
      constraints,
      threads,
      witnessSeconds: rounded(witness.seconds),
      seconds: rounded(own.seconds),
      snarkjsSeconds: rounded(snarkjs.seconds),
      ratio: rounded(ratio),
      cpuSeconds: rounded(own.cpuSeconds),
      snarkjsCpuSeconds: rounded(snarkjs.cpuSeconds),
      cpuRatio: rounded(cpuRatio),
      witnessColdSeconds: rounded(witness.coldSeconds),
      coldSeconds: rounded(coldSeconds),
      snarkjsColdSeconds: rounded(snarkjsColdSeconds),
      ...(rapidsnark === undefined ? {} : { rapidsnarkSeconds: rounded(rapidsnark) }),
      peakMemoryMib: compared.peakMemoryMib,
      phases,
    },
    rows: [
      info(`witness of a ${name} claim, warm`, showSeconds(witness.seconds)),
      info(`proof, ${showCount(constraints)} constraints, built-in, warm`, showSeconds(own.seconds)),
      info('proof by snarkjs, same key and witness, warm', showSeconds(snarkjs.seconds)),
      atMost('built-in proof / snarkjs proof', ratio, TARGET_RATIO, (value) => value.toFixed(2)),
      atLeast('times as fast as snarkjs', 1 / ratio, TARGET_SPEEDUP, (value) => value.toFixed(2)),
      info('the same ratio in processor time, all threads', cpuRatio.toFixed(2)),
      ...(rapidsnark === undefined ? [] : [info('proof by rapidsnark', showSeconds(rapidsnark))]),
      info('first proof: threads started, key read', showSeconds(coldSeconds)),
      info('memory of the process while proving', `${compared.peakMemoryMib} MiB`),
    ],
  }
}

function info(measure: string, figure: string): Row {
  return { measure, figure }
}
