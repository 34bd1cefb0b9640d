import type { BookOpening } from '../book/book.ts'
import { latestRound, type ProvenStatement } from '../chain/client.ts'
import { contextFor } from '../chain/context.ts'
import { view } from '../chain/transactions.ts'
import type { Claim } from '../protocol/claims.ts'
import { ToolError } from '../protocol/errors.ts'
import { claimWitness } from '../prover/margin-inputs.ts'
import type { KeeperContext } from './context.ts'
import type { KnownRound } from './rounds.ts'

/** The latest round, with its vectors. Throws ToolError while its market is not at hand. */
export async function latestKnownRound({ connection, rounds }: KeeperContext): Promise<KnownRound> {
  const latest = await latestRound(connection)
  const known = latest === undefined ? undefined : rounds.byRoot(latest.riskRoot)
  if (known === undefined) throw new ToolError('the market of the latest round is not at hand')
  return known
}

/** The newest round that a deleveraging step may stand on, as far as its market is at hand. */
export async function settleableRound({
  connection,
  rounds,
}: KeeperContext): Promise<KnownRound | undefined> {
  const { oracle, errors } = connection
  const newest = await view<bigint>(oracle, 'newestSettleable', [], errors)
  if (newest === 0n) return undefined
  const [confirms] = await view<[boolean, bigint]>(oracle, 'guardsOf', [newest], errors)
  if (!confirms) return undefined
  const { riskRoot } = await view<{ riskRoot: bigint }>(oracle, 'roundAt', [newest], errors)
  return rounds.byRoot(riskRoot)
}

/** A trigger or an attestation for the keeper, on the latest round. Throws WitnessError for a false claim. */
export function proveClaim(context: KeeperContext, tag: bigint, claim: Claim): Promise<ProvenStatement> {
  return proveClaimOf(context, context.venueBook.opening(tag), claim)
}

/** The same of an account in a book that is not the head yet: what a deposit makes of it. */
export async function proveClaimOf(
  context: KeeperContext,
  opening: BookOpening,
  claim: Claim,
): Promise<ProvenStatement> {
  const { connection, hasher, venueBook, provers, keeper } = context
  const round = await latestKnownRound(context)
  const { chainId, attestor } = connection.deployment
  const beneficiary = await keeper.getAddress()
  const witness = claimWitness(hasher, venueBook.instance, opening, round.proving, {
    claim,
    context: contextFor(chainId, attestor, beneficiary),
  })
  const { proof, signals } = await provers.margin.prove(witness)
  return { proof, signals, beneficiary }
}
