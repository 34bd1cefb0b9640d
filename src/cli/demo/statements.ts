import { claimWords } from '../../bundle/claim/words.ts'
import { attest, isBelow, isCovered, type ProvenStatement, trigger } from '../../chain/client.ts'
import type { SendOptions, Sent } from '../../chain/transactions.ts'
import { thresholdAmount } from '../../page/view/claim.ts'
import type { Claim } from '../../protocol/claims.ts'
import type { MarginProver } from '../../prover/margin-prover.ts'
import type { AccountMargin } from '../accounts.ts'
import { usd } from '../format.ts'
import type { Session } from '../session.ts'
import { witnessOf } from '../statement.ts'
import { MAX_AGE_SECONDS, type Part, type Stage } from './stage.ts'

/** A claim about one account, proven for this chain, this contract and one beneficiary. */
export interface Statement extends ProvenStatement {
  readonly claim: Claim
  readonly account: AccountMargin
  readonly proveSeconds: number
}

export interface Director {
  readonly session: Session
  readonly accounts: readonly AccountMargin[]
  readonly prover: MarginProver
  readonly stage: Stage
}

export async function proveFor(
  { session, accounts, prover, stage }: Director,
  index: number,
  claim: Claim,
  part: Part,
): Promise<Statement> {
  const { chainId, attestor } = stage.deployment
  const beneficiary = await stage.address(part)
  const started = performance.now()
  const witness = witnessOf(session, index, claim, { chainId, attestor, beneficiary })
  const { proof, signals } = await prover.prove(witness)
  const proveSeconds = (performance.now() - started) / 1_000
  return { proof, signals, beneficiary, claim, account: accounts[index]!, proveSeconds }
}

/** Sends a statement the way its claim asks for. */
export function sendStatement(
  stage: Stage,
  statement: ProvenStatement & { readonly claim: Claim },
  sender: Part,
  options?: SendOptions,
): Promise<Sent> {
  const call = statement.claim.below ? trigger : attest
  return call(stage.connection, stage.signer(sender), statement, options)
}

/** What the contract says of the account now, to any other contract that asks. */
export function standsOnChain(stage: Stage, { claim, signals }: Statement): Promise<boolean> {
  const ask = claim.below ? isBelow : isCovered
  return ask(stage.connection, signals.tag, claim.threshold, MAX_AGE_SECONDS)
}

export interface AcceptedJson {
  readonly accountId: number
  readonly name: string | undefined
  readonly claim: string
  readonly tag: bigint
  readonly transaction: string
  readonly gas: number
  /** Why the claim is true, in words. */
  readonly reason: string
  readonly onChain: boolean
}

export function acceptedJson(statement: Statement, sent: Sent, onChain: boolean): AcceptedJson {
  const { entry } = statement.account
  return {
    accountId: entry.account.accountId,
    name: entry.name,
    claim: claimWords(statement.claim),
    tag: statement.signals.tag,
    transaction: sent.transaction,
    gas: Number(sent.gasUsed),
    reason: reasonOf(statement),
    onChain,
  }
}

/** Known to the owner and the venue alone: the chain learns the outcome, not the numbers. */
function reasonOf({ account, claim }: Statement): string {
  const { margin } = account
  const relation = claim.below ? 'below' : 'at or above'
  return `equity of ${usd(margin.equityNano)} USD is ${relation} ${thresholdAmount(claim.threshold, margin)}`
}
