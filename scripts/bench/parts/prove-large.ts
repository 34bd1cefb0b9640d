import { MARGIN_INSTANCES } from '../../../src/protocol/instances.ts'
import type { CircuitArtifacts } from '../../../src/prover/backend.ts'
import { selectBackend } from '../../../src/prover/select-backend.ts'
import { WitnessCalculator } from '../../../src/prover/witness.ts'
import { median, peakMemoryMib, rounded, timed } from '../measure.ts'
import { atMost, type BenchPart, type Say, showCount, showSeconds } from '../part.ts'
import { benchArtifacts, benchWorld, fullestOf, witnessOf } from '../world.ts'

const MEMORY_TARGET_MIB = 600

/**
 * A claim under margin-64, whose 116,829 constraints need a domain of 2^17: time on one thread and on two, and the
 * memory of the process. The backend verifies each proof before it hands it out.
 */
export const proveLargePart: BenchPart = {
  name: 'proveLarge',
  summary: 'a proof over a domain of 2^17 (margin-64), on one thread and on two, with its memory',
  async run({ proofs }, say) {
    const instance = MARGIN_INSTANCES['margin-64']
    const artifacts = await benchArtifacts(say, instance)
    const world = await benchWorld(instance)
    const claim = { threshold: 'im', below: false } as const
    const { inputs } = witnessOf(world, fullestOf(world, 'healthy'), claim, 1n)
    const calculator = await WitnessCalculator.create(artifacts.wasmPath)
    const made = await timed(() => calculator.calculate(inputs))
    const one = await measure(artifacts, made.value, 1, proofs, say)
    const two = await measure(artifacts, made.value, 2, proofs, say)
    const { name, constraints } = artifacts
    const what = `proof of ${name}, ${showCount(constraints)} constraints`
    return {
      figures: {
        circuit: name,
        constraints,
        witnessSeconds: rounded(made.seconds),
        oneThreadSeconds: rounded(one.seconds),
        twoThreadSeconds: rounded(two.seconds),
        scaling: rounded(one.seconds / two.seconds),
        peakMemoryMib: two.peakMib,
      },
      rows: [
        { measure: `${what}, one thread`, figure: showSeconds(one.seconds) },
        { measure: 'the same on two threads', figure: showSeconds(two.seconds) },
        atMost(
          'memory of the process at its peak, key loading included',
          two.peakMib,
          MEMORY_TARGET_MIB,
          (mib) => `${mib} MiB`,
        ),
      ],
    }
  },
}

async function measure(
  artifacts: CircuitArtifacts,
  witness: Uint8Array,
  threads: number,
  proofs: number,
  say: Say,
) {
  const backend = await selectBackend({ backend: 'builtin', threads })
  try {
    say(`margin-64 on ${threads} thread${threads === 1 ? '' : 's'}`)
    // The first proof loads the key: it is where memory peaks, and it does not count for time.
    const peakMib = await peakMemoryMib(() => backend.prove(artifacts, witness))
    const times: number[] = []
    for (let run = 0; run < Math.min(3, proofs); run++) {
      times.push((await timed(() => backend.prove(artifacts, witness))).seconds)
    }
    return { seconds: median(times), peakMib }
  } finally {
    await backend.close()
  }
}
