/** What the commands of `tacit epoch` share: a chain with seals, an epoch, a hand that signs. Boundary module: network. */
import { type Command, InvalidArgumentError } from 'commander'
import type { Signer } from 'ethers'
import { newestEpoch } from '../chain/epochs.ts'
import { type SealsConnection, sealsOf } from '../chain/seals.ts'
import type { Sent } from '../chain/transactions.ts'
import { InputError } from '../protocol/errors.ts'
import { type CommandText, type Invocation, newCommand } from './command.ts'
import {
  type ChainOptions,
  type OpenChain,
  openChain,
  readSigner,
  withChain,
  withKey,
} from './engine-options.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { grouped } from './format.ts'
import { withCache } from './options.ts'

export interface EpochOptions extends ChainOptions {
  readonly epoch?: number
}

export interface SenderOptions extends EpochOptions {
  readonly key: string
}

export interface EpochView {
  readonly chain: OpenChain
  readonly seals: SealsConnection
}

export interface EpochHand extends EpochView {
  readonly signer: Signer
}

/** A command that reads the chain of a deployment. */
export function epochCommand(text: Omit<CommandText, 'examples'>, example: string): Command {
  const examples = [`epoch ${text.name} --deployment deployment.json${example === '' ? '' : ` ${example}`}`]
  return withCache(withChain(newCommand({ ...text, examples })))
}

/** One that also sends. */
export function sendingCommand(text: Omit<CommandText, 'examples'>, example = ''): Command {
  return withKey(epochCommand(text, `--key my.key${example === '' ? '' : ` ${example}`}`))
}

export function withEpochNumber(command: Command): Command {
  return command.option('--epoch <number>', 'number of the epoch (default: the newest)', parseNumber)
}

/** Closes the chain whatever becomes of the work. */
export async function viewing<Options extends EpochOptions>(
  { io, options }: Invocation<Options>,
  work: (view: EpochView) => Promise<ExitCode>,
): Promise<ExitCode> {
  const chain = await openChain(options, io)
  try {
    return await work({ chain, seals: sealsOf(chain.connection) })
  } finally {
    chain.close()
  }
}

export function sending<Options extends SenderOptions>(
  invocation: Invocation<Options>,
  work: (hand: EpochHand) => Promise<ExitCode>,
): Promise<ExitCode> {
  return viewing(invocation, (view) =>
    work({ ...view, signer: readSigner(invocation.options.key, view.chain.provider) }),
  )
}

/** The epoch that was named, or the newest. Throws InputError before there is any. */
export async function epochOf({ epoch }: EpochOptions, { chain }: EpochView): Promise<number> {
  const number = epoch ?? (await newestEpoch(chain.connection))
  if (number > 0) return number
  throw new InputError('no epoch was designated yet (tacit epoch designate)', { field: '--epoch' })
}

/** The end of a command that sent one transaction. */
export function tellSent(
  { out }: Invocation<EpochOptions>,
  what: string,
  sent: Sent,
  more: Readonly<Record<string, unknown>> = {},
): ExitCode {
  const { transaction, gasUsed, blockNumber } = sent
  out.print(`${what}: transaction ${transaction}, block ${blockNumber}, gas ${grouped(gasUsed)}`)
  out.result({ ...more, transaction, blockNumber, gas: Number(gasUsed) })
  return EXIT.done
}

export function parseNumber(text: string): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : 0
  if (number < 1) throw new InvalidArgumentError('It must be a whole number, at least 1.')
  return number
}

export function parseStep(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be the index of a step, from 0.')
  return Number(text)
}
