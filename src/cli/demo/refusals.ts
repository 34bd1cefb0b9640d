import { attest } from '../../chain/client.ts'
import { reasonFor } from '../../chain/reasons.ts'
import { ContractRefusal, type SendOptions, type Sent } from '../../chain/transactions.ts'
import { ChainError } from '../../protocol/errors.ts'
import { feedRound, MAX_AGE_SECONDS, publishHead, type RoundContent } from './stage.ts'
import { type Director, type Statement, sendStatement } from './statements.ts'

/** Something that the contracts must not take. */
export interface Attempt {
  readonly kind: 'forged' | 'copied' | 'replayed' | 'stale'
  /** What is tried, in words. */
  readonly tried: string
  readonly send: (options: SendOptions) => Promise<Sent>
}

export interface Refusal {
  readonly kind: Attempt['kind']
  readonly tried: string
  /** The reverted transaction; null when the node would not even mine it. */
  readonly transaction: string | null
  readonly gas: number
  /** The contract's own named error. */
  readonly rule: string
  readonly reason: string
}

/** Enough for any statement. With a limit of its own the transaction is mined and reverts there, for all to see. */
const GAS_LIMIT = 400_000n

/** @throws ChainError when the chain takes what it must refuse, or fails in another way */
export async function refusalOf(attempt: Attempt): Promise<Refusal> {
  const { kind, tried } = attempt
  let sent: Sent
  try {
    sent = await attempt.send({ gasLimit: GAS_LIMIT })
  } catch (error) {
    if (!(error instanceof ContractRefusal)) throw error
    const rule = error.rule ?? 'unnamed'
    return {
      kind,
      tried,
      transaction: error.transaction ?? null,
      gas: Number(error.gasUsed ?? 0n),
      rule,
      reason: reasonFor(rule, error.values),
    }
  }
  throw new ChainError(`the contract took what it must refuse (${tried}): transaction ${sent.transaction}`)
}

/** Before the trigger is sent: what somebody else might make of its proof. */
export function thefts({ stage }: Director, trigger: Statement, thief: string): Attempt[] {
  const { connection } = stage
  const covered = { ...trigger, signals: { ...trigger.signals, claim: trigger.signals.claim ^ 1n } }
  const [x, ...rest] = trigger.proof.pi_c
  const bent = { ...trigger, proof: { ...trigger.proof, pi_c: [(BigInt(x!) ^ 1n).toString(), ...rest] } }
  return [
    {
      kind: 'forged',
      tried: 'the claim\'s last bit is turned: "below MM" goes in as "covered at MM"',
      send: (options) => attest(connection, stage.signer('owner'), covered, options),
    },
    {
      kind: 'forged',
      tried: 'one bit of the proof itself is turned',
      send: (options) => sendStatement(stage, bent, 'keeper', options),
    },
    {
      kind: 'copied',
      tried: "somebody copies the keeper's proof and sends it in their own name",
      send: (options) => sendStatement(stage, { ...trigger, beneficiary: thief }, 'thief', options),
    },
  ]
}

export function replay({ stage }: Director, attested: Statement): Attempt {
  return {
    kind: 'replayed',
    tried: 'the accepted attestation is sent a second time',
    send: (options) => sendStatement(stage, attested, 'owner', options),
  }
}

/**
 * A true statement that was never sent, overtaken three times: its round grows old, newer rounds follow, the book moves
 * on. Each step changes the chain before its attempt, so they are taken in order.
 */
export function overtaken(
  director: Director,
  held: Statement,
  rounds: readonly RoundContent[],
): { readonly before: () => Promise<void>; readonly attempt: Attempt }[] {
  const { stage, session } = director
  const send = (options: SendOptions) => sendStatement(stage, held, 'owner', options)
  return [
    {
      before: () => stage.chain.advance(MAX_AGE_SECONDS + 60),
      attempt: { kind: 'stale', tried: `its round is more than ${MAX_AGE_SECONDS / 60} minutes old`, send },
    },
    {
      before: async () => {
        for (const [index, content] of rounds.entries()) await feedRound(stage, index + 2, content)
      },
      attempt: { kind: 'stale', tried: `${rounds.length} newer rounds have been posted`, send },
    },
    {
      before: async () => {
        // The least change there is: one account's nonce, as after any trade.
        const account = session.book.account(0)
        session.book.update(0, { ...account, nonce: account.nonce + 1n })
        await publishHead(stage, session.book, 1)
      },
      attempt: { kind: 'stale', tried: 'the book has moved to a newer head', send },
    },
  ]
}
