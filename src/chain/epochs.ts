import { type LedgerEntry, ledgerEntries } from '../book/ledger.ts'
import type { ChainReferences } from '../bundle/records.ts'
import { ChainError, InputError } from '../protocol/errors.ts'
import { CASH_LOT_NANO } from '../protocol/liquidation.ts'
import { unpackWord } from '../protocol/packed-word.ts'
import { LIQUIDITY_WORD, SEAL_POLICIES, type SealPolicy } from '../protocol/solvency.ts'
import { type EngineConnection, viewOf } from './engine-client/connection.ts'
import { view } from './transactions.ts'

/** What the chain holds a seal against, read before it is proven. Boundary module: network. */
export interface EpochFacts {
  readonly epoch: number
  /** The head that the epoch was designated for, and what the registry has of it. */
  readonly headSequence: number
  readonly bookRoot: bigint
  readonly count: number
  /** The vault's at that head. */
  readonly ledger: readonly LedgerEntry[]
  /** What the fund holds: the most that a seal may call reserves. Nano-USD. */
  readonly heldNano: bigint
  /** As governance has published it: nano-USD by underlying. */
  readonly liquidityNano: readonly bigint[]
  readonly policy: SealPolicy
}

/** Number of epochs designated so far, which is that of the newest. */
export async function newestEpoch({ registry, errors }: EngineConnection): Promise<number> {
  return Number(await view<bigint>(registry, 'epochCount', [], errors))
}

/** @param epoch the newest unless told. Throws InputError for one that was not designated. */
export async function readEpochFacts(connection: EngineConnection, epoch?: number): Promise<EpochFacts> {
  const { registry, errors } = connection
  const number = epoch ?? (await newestEpoch(connection))
  const headSequence = number === 0 ? 0n : await view<bigint>(registry, 'epochHead', [number], errors)
  if (headSequence === 0n) {
    const which = epoch === undefined ? 'an epoch' : `epoch ${epoch}`
    throw new InputError(`the venue has not designated ${which} yet (tacit epoch designate)`, {
      field: '--epoch',
    })
  }
  const head = await view<{ bookRoot: bigint; count: bigint }>(registry, 'headAt', [headSequence], errors)
  const [words, liquidity, [, , , , policy], insurance, gamma] = await Promise.all([
    viewOf<bigint[]>(connection, 'seals', 'ledgerWordsAt', [headSequence]),
    viewOf<bigint>(connection, 'seals', 'liquidity'),
    viewOf<readonly bigint[]>(connection, 'seals', 'parameters'),
    viewOf<bigint>(connection, 'fund', 'insuranceLots'),
    viewOf<bigint>(connection, 'fund', 'gammaLots'),
  ])
  const { liquidity0Nano, liquidity1Nano, liquidity2Nano } = unpackWord(LIQUIDITY_WORD, liquidity)
  return {
    epoch: number,
    headSequence: Number(headSequence),
    bookRoot: head.bookRoot,
    count: Number(head.count),
    ledger: ledgerEntries([...words]),
    heldNano: (insurance + gamma) * CASH_LOT_NANO,
    liquidityNano: [liquidity0Nano, liquidity1Nano, liquidity2Nano],
    policy: SEAL_POLICIES[Number(policy)]!,
  }
}

/**
 * Sequence number of the round with this risk root, while a seal of it would be taken.
 * Throws ChainError when the oracle does not have it among its recent rounds, or has it no longer fresh.
 */
export async function recentRoundOf({ oracle, errors }: EngineConnection, riskRoot: bigint): Promise<number> {
  const [sequence, time, isStale] = await view<readonly [bigint, bigint, boolean, bigint]>(
    oracle,
    'findRecent',
    [riskRoot],
    errors,
  )
  if (sequence === 0n) {
    throw new ChainError(
      "the oracle's last two rounds have other risk roots: seal the market, configuration and listing of one of them",
      { rule: 'RoundNotRecent' },
    )
  }
  if (isStale) {
    throw new ChainError(
      `round ${sequence}, of second ${time}, is stale: no seal of it would be taken. Post a newer round`,
      { rule: 'RoundStale' },
    )
  }
  return Number(sequence)
}

/** Where on the chain a bundle's epoch is to be found. */
export function referencesOf(
  { deployment }: EngineConnection,
  { headSequence }: Pick<EpochFacts, 'headSequence'>,
  roundSequence: number,
): ChainReferences {
  const { oracle, registry, attestor } = deployment
  return {
    oracle: oracle.toLowerCase(),
    registry: registry.toLowerCase(),
    attestor: attestor.toLowerCase(),
    roundSequence,
    headSequence,
    posting: null,
  }
}
