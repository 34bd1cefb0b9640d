import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import type { Hasher } from '../../src/protocol/poseidon.ts'
import type { BookPassRequest } from '../../src/prover/book-pass/request.ts'
import { marginArtifacts } from '../../src/prover/margin-prover.ts'
import { sealArtifacts } from '../../src/prover/seal-prover.ts'
import { EPOCH_CONTEXT, LIQUIDITY_NANO, shortfallNano, solvencyWorld } from '../support/solvency-world.ts'

/** The epoch of the eight accounts, into a folder. */
export async function passRequest(hasher: Hasher, folder: string): Promise<BookPassRequest> {
  const world = solvencyWorld(hasher)
  return {
    hasher,
    folder,
    instance: world.instance,
    book: world.book,
    round: world.round,
    ledger: world.ledger,
    reservesNano: shortfallNano(world),
    liquidityNano: LIQUIDITY_NANO,
    policy: 'predicates',
    context: EPOCH_CONTEXT,
    artifacts: {
      step: await marginArtifacts(MARGIN_INSTANCES['margin-4']),
      seal: await sealArtifacts(),
    },
  }
}
