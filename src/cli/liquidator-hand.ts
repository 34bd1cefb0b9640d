/** What a liquidator's commands have in hand. Boundary module: files, randomness, network. */
import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { getBytes } from 'ethers'
import { BidStore } from '../liquidator/bid-store.ts'
import type { LiquidatorContext } from '../liquidator/liquidator.ts'
import { InputError } from '../protocol/errors.ts'
import { MARGIN_INSTANCES } from '../protocol/instances.ts'
import { poseidonHasher } from '../protocol/poseidon.ts'
import type { Invocation } from './command.ts'
import {
  type ChainOptions,
  type OpenChain,
  openChain,
  readSecret,
  readSigner,
  withChain,
  withKey,
} from './engine-options.ts'
import type { ExitCode } from './exit-codes.ts'
import { type InstanceOptions, withInstance } from './options.ts'

export interface LiquidatorOptions extends ChainOptions, InstanceOptions {
  readonly key: string
  readonly disclosureKey: string
  readonly bids: string
  readonly venueKey?: string
}

export function withLiquidator(command: Command): Command {
  return withInstance(withKey(withChain(command)))
    .requiredOption(
      '--disclosure-key <file>',
      'X25519 secret key that slices are opened with: 0x and 64 hex digits (required)',
    )
    .option('--bids <file>', 'where sealed bids and their salts are kept', 'tacit.bids.json')
    .option('--venue-key <key>', "the venue's X25519 public key (default: the one of the deployment file)")
}

/** Opens the chain and the keys, runs the work, closes. */
export async function withLiquidatorHand<Options extends LiquidatorOptions>(
  { io, options }: Invocation<Options>,
  work: (context: LiquidatorContext, chain: OpenChain) => Promise<ExitCode>,
): Promise<ExitCode> {
  const disclosureSecretKey = getBytes(readSecret(options.disclosureKey, '0x and 64 hex digits'))
  const chain = await openChain(options, io)
  try {
    const context: LiquidatorContext = {
      connection: chain.connection,
      hasher: await poseidonHasher(),
      instance: MARGIN_INSTANCES[options.instance],
      signer: readSigner(options.key, chain.provider),
      disclosureSecretKey,
      bids: new BidStore(options.bids),
      salt: () => randomBytes(32),
    }
    return await work(context, chain)
  } finally {
    chain.close()
  }
}

/** The key that packages must come from. Throws InputError where nobody names it. */
export function venueKeyOf(
  { venueKey }: OpenChain,
  options: Pick<LiquidatorOptions, 'venueKey'>,
): Uint8Array {
  const key = options.venueKey ?? venueKey
  if (key === undefined || !/^0x[0-9a-f]{64}$/.test(key)) {
    throw new InputError('is needed: the deployment file names no key of the venue', { field: '--venue-key' })
  }
  return getBytes(key)
}
