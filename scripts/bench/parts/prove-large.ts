import { MARGIN_INSTANCES } from '../../../src/protocol/instances.ts'
import { WitnessCalculator } from '../../../src/prover/witness.ts'
import { proveInOwnProcess } from '../lean-prover.ts'
import { median, rounded, timed } from '../measure.ts'
import { atMost, type BenchPart, showCount, showSeconds } from '../part.ts'
import { benchArtifacts, benchWorld, fullestOf, witnessOf } from '../world.ts'

const MEMORY_TARGET_MIB = 600
const MOST_PROOFS = 3

/**
 * A claim under margin-64, whose 116,829 constraints need a domain of 2^17: time on one thread and on two, and the
 * memory of a process that loads the key and proves, and knows nothing of market or book. The engine verifies each
 * proof before it hands it out.
 */
export const proveLargePart: BenchPart = {
  name: 'proveLarge',
  summary: 'a proof over a domain of 2^17 (margin-64), on one thread and on two, with its memory',
  async run({ proofs }, say) {
    const instance = MARGIN_INSTANCES['margin-64']
    const { name, zkeyPath, verificationKey, constraints, wasmPath } = await benchArtifacts(say, instance)
    const world = await benchWorld(instance)
    const claim = { threshold: 'im', below: false } as const
    const { inputs } = witnessOf(world, fullestOf(world, 'healthy'), claim, 1n)
    const calculator = await WitnessCalculator.create(wasmPath)
    const made = await timed(() => calculator.calculate(inputs))
    const prove = (threads: number) => {
      say(`margin-64 on ${threads} thread${threads === 1 ? '' : 's'}`)
      const artifacts = { name, zkeyPath, verificationKey }
      return proveInOwnProcess({
        artifacts,
        witness: made.value,
        threads,
        proofs: Math.min(MOST_PROOFS, proofs),
      })
    }
    const one = await prove(1)
    const two = await prove(2)
    const [oneSeconds, twoSeconds] = [median(one.seconds), median(two.seconds)]
    const verifyMs = median([...one.verifyMs, ...two.verifyMs])
    const what = `proof of ${name}, ${showCount(constraints)} constraints`
    return {
      figures: {
        circuit: name,
        constraints,
        witnessSeconds: rounded(made.seconds),
        oneThreadSeconds: rounded(oneSeconds),
        twoThreadSeconds: rounded(twoSeconds),
        scaling: rounded(oneSeconds / twoSeconds),
        firstSeconds: rounded(two.firstSeconds),
        verifySeconds: rounded(verifyMs / 1_000),
        peakMemoryMib: two.peakMib,
      },
      rows: [
        { measure: `${what}, one thread`, figure: showSeconds(oneSeconds) },
        { measure: 'the same on two threads', figure: showSeconds(twoSeconds) },
        { measure: 'of that, the check of the proof', figure: showSeconds(verifyMs / 1_000) },
        { measure: 'first proof: threads started, key read', figure: showSeconds(two.firstSeconds) },
        atMost(
          'memory of a process that loads the key and proves, at its peak',
          two.peakMib,
          MEMORY_TARGET_MIB,
          (mib) => `${mib} MiB`,
        ),
      ],
    }
  },
}
