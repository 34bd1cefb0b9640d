import { Book } from '../../../src/book/book.ts'
import { chooseSlice } from '../../../src/book/liquidation/lot.ts'
import { type EngineCircuit, MARGIN_INSTANCES } from '../../../src/protocol/instances.ts'
import { EngineProver } from '../../../src/prover/engine-circuits.ts'
import type { EngineWitness } from '../../../src/prover/engine-witness.ts'
import { lotWitness } from '../../../src/prover/lot-inputs.ts'
import { transferWitness } from '../../../src/prover/transfer-inputs.ts'
import { median, rounded, timed } from '../measure.ts'
import { type BenchPart, type Row, type Say, showCount, showSeconds } from '../part.ts'
import { benchWorld, fullestOf } from '../world.ts'

const MOST_PROOFS = 3
const CONTEXT = 1n
/** No secret: nobody bids for this lot. */
const SALT = 1n
const DISCOUNT_BPS = 25n
const FEE_BPS = 100n

/**
 * A lot and its transfer in full size: an account below MM of the sample book is sliced, and an empty account takes the
 * slice. Each proof is verified before it is handed out, so a circuit that works only when small fails here.
 */
export const proveEnginePart: BenchPart = {
  name: 'proveEngine',
  summary: 'proofs of a lot and of its transfer in full size (lot-16, transfer-16)',
  async run({ proofs }, say) {
    const { lot, transfer } = await statements()
    const runs = Math.min(MOST_PROOFS, proofs)
    const measured = [await prove(lot, runs, say), await prove(transfer, runs, say)]
    return {
      figures: Object.fromEntries(measured.map(({ name, ...figures }) => [name, figures])),
      rows: measured.flatMap(rowsOf),
    }
  },
}

async function statements() {
  const instance = MARGIN_INSTANCES['margin-16']
  const world = await benchWorld(instance)
  const { hasher, matrix } = world
  const place = fullestOf(world, 'fullLiquidation')
  const empty = { accountId: 900_001, owner: 1n, secret: 2n, nonce: 0n, positions: [] }
  const book = Book.from([...world.book.accounts, empty], hasher, instance)
  const from = book.opening(place)
  const risk = { vectors: matrix.vectors, parameters: matrix.parameters }
  const chosen = chooseSlice(from.account.positions, risk, instance.slots, DISCOUNT_BPS + FEE_BPS)
  const round = { tree: matrix.tree, parameters: matrix.parametersWord }
  const { moved, terms } = chosen
  const openings = { from, to: book.opening(world.book.accounts.length) }
  const sale = {
    ...terms,
    discountBps: DISCOUNT_BPS,
    feeBps: FEE_BPS,
    escrowLots: chosen.summary.carryLots,
    cutoffBps: 0n,
    floorBps: 0n,
  }
  const shared = { moved, salt: SALT, context: CONTEXT }
  return {
    lot: lotWitness(hasher, instance, from, round, { ...shared, terms }),
    transfer: transferWitness(hasher, instance, openings, round, { ...shared, terms: sale }),
  }
}

interface Measured {
  readonly name: string
  readonly constraints: number
  readonly witnessSeconds: number
  readonly seconds: number
  readonly firstSeconds: number
}

async function prove<Circuit extends EngineCircuit>(
  witness: EngineWitness<Circuit>,
  runs: number,
  say: Say,
): Promise<Measured> {
  const progress = (step: string, done: number, total: number) =>
    say(total > 0 ? `${step} ${Math.floor((100 * done) / total)}%` : step)
  const options = { notice: say, progress, backend: { backend: 'builtin' } } as const
  const prover = await EngineProver.open(witness.circuit, MARGIN_INSTANCES['margin-16'], options)
  try {
    const { name, constraints } = prover.artifacts
    say(`first proof of ${name}`)
    const first = await timed(() => prover.prove(witness))
    const made: { readonly seconds: number; readonly witnessSeconds: number }[] = []
    for (let run = 1; run <= runs; run++) {
      say(`${name}: proof ${run} of ${runs}`)
      const { value, seconds } = await timed(() => prover.prove(witness))
      const witnessSeconds = value.timings.witnessMs! / 1_000
      made.push({ witnessSeconds, seconds: seconds - witnessSeconds })
    }
    return {
      name,
      constraints,
      witnessSeconds: rounded(median(made.map((one) => one.witnessSeconds))),
      seconds: rounded(median(made.map((one) => one.seconds))),
      firstSeconds: rounded(first.seconds),
    }
  } finally {
    await prover.close()
  }
}

function rowsOf({ name, constraints, witnessSeconds, seconds, firstSeconds }: Measured): Row[] {
  return [
    { measure: `witness of ${name}, warm`, figure: showSeconds(witnessSeconds) },
    { measure: `proof of ${name}, ${showCount(constraints)} constraints`, figure: showSeconds(seconds) },
    {
      measure: `first proof of ${name}: threads started, key read, witness`,
      figure: showSeconds(firstSeconds),
    },
  ]
}
