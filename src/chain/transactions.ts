import {
  type BaseContract,
  type ContractMethod,
  type ContractTransactionResponse,
  type Interface,
  NonceManager,
  type Signer,
  type TransactionReceipt,
  type TransactionResponse,
} from 'ethers'
import { ChainError, TacitError } from '../protocol/errors.ts'
import { reasonFor } from './reasons.ts'

/** Sends transactions and tells refusals in words. Boundary module: network. */

/** A transaction that went through. */
export interface Sent {
  /** Its hash. */
  readonly transaction: string
  readonly gasUsed: bigint
  readonly blockNumber: number
}

export interface SendOptions {
  /**
   * Send even what the chain is going to refuse, with this much gas, so that the refusal itself stands on chain.
   * Otherwise a refusal shows in the estimate and nothing is sent.
   */
  readonly gasLimit?: bigint
  /** What goes with the call, wei. */
  readonly valueWei?: bigint
}

/** A refusal by a contract: its rule, the rule's arguments, and the transaction where one was sent. */
export class ContractRefusal extends ChainError {
  readonly values: readonly unknown[]
  readonly transaction: string | undefined
  readonly gasUsed: bigint | undefined
  constructor(
    rule: string,
    values: readonly unknown[],
    options: { cause?: unknown; receipt?: TransactionReceipt },
  ) {
    super(`${rule}: ${reasonFor(rule, values)}`, { rule, cause: options.cause })
    this.values = values
    this.transaction = options.receipt?.hash
    this.gasUsed = options.receipt?.gasUsed
  }
}

/** Calls a state-changing method as `sender` and waits until it is mined. */
export async function send(
  contract: BaseContract,
  method: string,
  args: readonly unknown[],
  sender: Signer,
  errors: Interface,
  options: SendOptions = {},
): Promise<Sent> {
  const call = (contract.connect(sender) as BaseContract).getFunction(method)
  try {
    const paid = options.valueWei === undefined ? {} : { value: options.valueWei }
    const gasLimit = options.gasLimit ?? (await estimate(call, [...args, paid]))
    const response = (await call.send(...args, { ...paid, gasLimit })) as ContractTransactionResponse
    return sentOf(await mined(response, errors))
  } catch (error) {
    // A nonce that was counted but never sent would hold up everything after it.
    if (sender instanceof NonceManager) sender.reset()
    throw chainErrorOf(error, errors)
  }
}

/** Calls a view. */
export async function view<T>(
  contract: BaseContract,
  method: string,
  args: readonly unknown[],
  errors: Interface,
): Promise<T> {
  try {
    return (await contract.getFunction(method).staticCall(...args)) as T
  } catch (error) {
    throw chainErrorOf(error, errors)
  }
}

/** Any failure of a call or transaction as the one error that leaves this folder. */
export function chainErrorOf(error: unknown, errors: Interface, receipt?: TransactionReceipt): TacitError {
  if (error instanceof TacitError) return error
  const data = revertData(error)
  const parsed = data === undefined ? null : errors.parseError(data)
  if (parsed !== null) {
    const values = [...parsed.args] as unknown[]
    return new ContractRefusal(parsed.name, values, {
      cause: error,
      ...(receipt === undefined ? {} : { receipt }),
    })
  }
  if (isUnreachable(error)) {
    return new ChainError(`the chain did not answer: ${messageOf(error)}`, {
      cause: error,
      unavailable: true,
    })
  }
  return new ChainError(`the chain refused the call: ${messageOf(error)}`, { cause: error })
}

/** A tenth more than the estimate: freshness checks read slots that a block in between may have changed. */
async function estimate(call: ContractMethod, args: readonly unknown[]): Promise<bigint> {
  return ((await call.estimateGas(...args)) * 11n) / 10n
}

/**
 * Milliseconds between the looks for a receipt before the wait for the next block begins, the last of them repeated, and how many
 * looks: a chain that mines on demand has it almost at once.
 */
const SOON_MS = [4, 8, 16, 32, 50] as const
const SOON_TRIES = 60

/** Waits until it is mined. */
export async function receiptOf(response: TransactionResponse): Promise<TransactionReceipt> {
  await minedSoon(response)
  return (await response.wait())!
}

/**
 * wait() looks once and then only when a new block comes. On a chain that mines on demand, a transaction that is mined
 * just after that look is followed by no block, and the wait never ends. So it is looked for a few times first.
 */
async function minedSoon(response: TransactionResponse): Promise<void> {
  for (let tries = 0; tries < SOON_TRIES; tries++) {
    if ((await response.provider.getTransactionReceipt(response.hash)) !== null) return
    await new Promise((resolve) => setTimeout(resolve, SOON_MS[tries] ?? SOON_MS.at(-1)))
  }
}

async function mined(response: ContractTransactionResponse, errors: Interface): Promise<TransactionReceipt> {
  try {
    return await receiptOf(response)
  } catch (error) {
    const receipt = (error as { receipt?: TransactionReceipt }).receipt
    if (receipt === undefined) throw error
    throw await refusalOf(response, receipt, errors)
  }
}

/** A receipt does not carry the reason, so the same call is asked again on the state that it failed on. */
async function refusalOf(
  response: ContractTransactionResponse,
  receipt: TransactionReceipt,
  errors: Interface,
): Promise<TacitError> {
  const { from, to, data, gasLimit } = response
  try {
    await response.provider.call({ from, to, data, gasLimit, blockTag: receipt.blockNumber })
  } catch (error) {
    return chainErrorOf(error, errors, receipt)
  }
  return new ChainError(`the transaction ${receipt.hash} failed for a reason that is gone by now`)
}

function sentOf(receipt: TransactionReceipt): Sent {
  return { transaction: receipt.hash, gasUsed: receipt.gasUsed, blockNumber: receipt.blockNumber }
}

function revertData(error: unknown): string | undefined {
  const data = (error as { data?: unknown } | null)?.data
  return typeof data === 'string' && data.length >= 10 ? data : undefined
}

const UNREACHABLE = ['NETWORK_ERROR', 'TIMEOUT', 'SERVER_ERROR', 'ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND']

function isUnreachable(error: unknown): boolean {
  return UNREACHABLE.includes(String((error as { code?: unknown } | null)?.code))
}

function messageOf(error: unknown): string {
  const { shortMessage, message } = error as { shortMessage?: string; message?: string }
  return shortMessage ?? message ?? String(error)
}
