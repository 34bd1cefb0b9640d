/** What an epoch is proven for: from the user's options, or from the chain of a deployment. Boundary module: network. */
import { type Command, InvalidArgumentError } from 'commander'
import type { LedgerEntry } from '../book/ledger.ts'
import type { ChainReferences } from '../bundle/records.ts'
import { readEpochFacts, recentRoundOf, referencesOf } from '../chain/epochs.ts'
import { InputError } from '../protocol/errors.ts'
import type { SealPolicy } from '../protocol/solvency.ts'
import { openChain } from './engine-options.ts'
import {
  type EpochContext,
  type EpochContextOptions,
  readDollars,
  readEpochContext,
  readLedger,
  readLiquidity,
} from './epoch.ts'
import { usd } from './format.ts'
import type { Io } from './io.ts'
import type { Session } from './session.ts'

export interface EpochTermsOptions extends EpochContextOptions {
  readonly deployment?: string
  readonly rpc: string
  readonly cache?: string
  readonly policy?: SealPolicy
  readonly reserves?: string
  readonly liquidity?: string
  readonly ledger?: string
}

export interface EpochTerms {
  readonly context: EpochContext | undefined
  /** null: the bundle does not say where its round and book are. */
  readonly references: ChainReferences | null
  readonly ledger: readonly LedgerEntry[]
  readonly reservesNano: bigint
  readonly liquidityNano: readonly bigint[]
  readonly policy: SealPolicy
}

/** What a chain says itself, and a user therefore must not. */
const OF_THE_CHAIN = {
  chainId: '--chain-id',
  seals: '--seals',
  policy: '--policy',
  liquidity: '--liquidity',
  ledger: '--ledger',
} as const

export function withChainOfEpoch(command: Command): Command {
  return command
    .option(
      '--deployment <file>',
      'addresses of a deployed system: policy, liquidity, ledger and reserves are then what the chain has, and the bundle ' +
        'says where to find it all',
    )
    .option('--rpc <url>', 'with --deployment: JSON-RPC of the chain', 'http://127.0.0.1:8545')
    .option(
      '--epoch <number>',
      'number of the epoch (with --deployment: the newest unless told)',
      wholeNumber,
    )
    .option('--chain-id <number>', 'without --deployment: chain that the epoch is for', wholeNumber)
    .option('--seals <address>', 'without --deployment: EpochSeals contract that the epoch is for')
}

/** What can be refused without a market: options that do not go together. Throws InputError. */
export function checkTerms(options: EpochTermsOptions): void {
  if (options.deployment === undefined) {
    readEpochContext(options)
    if (options.liquidity === undefined) {
      throw new InputError('is needed without --deployment', { field: '--liquidity' })
    }
  } else {
    for (const [name, field] of Object.entries(OF_THE_CHAIN)) {
      if (options[name as keyof typeof OF_THE_CHAIN] === undefined) continue
      throw new InputError('comes from the chain with --deployment: give one or the other', { field })
    }
  }
  if (options.reserves !== undefined) readDollars(options.reserves, '--reserves')
}

/** Throws InputError for options that do not hold, ChainError when the chain has something else or does not answer. */
export async function readTerms(options: EpochTermsOptions, session: Session, io: Io): Promise<EpochTerms> {
  checkTerms(options)
  if (options.deployment !== undefined) return termsOfChain(options, options.deployment, session, io)
  return {
    context: readEpochContext(options),
    references: null,
    ledger: readLedger(options.ledger, session),
    reservesNano: readDollars(options.reserves ?? '0', '--reserves'),
    liquidityNano: readLiquidity(options.liquidity!, session),
    policy: options.policy ?? 'predicates',
  }
}

async function termsOfChain(
  options: EpochTermsOptions,
  deployment: string,
  { book, matrix }: Session,
  io: Io,
): Promise<EpochTerms> {
  const chain = await openChain({ ...options, deployment }, io)
  try {
    const epoch = options.epoch === undefined ? undefined : Number(options.epoch)
    const facts = await readEpochFacts(chain.connection, epoch)
    if (facts.bookRoot !== book.root) {
      throw new InputError(
        `has the root ${book.root}, and head ${facts.headSequence} of epoch ${facts.epoch} has ${facts.bookRoot}: seal the ` +
          'book as it was published',
        { field: '--book' },
      )
    }
    const reservesNano =
      options.reserves === undefined ? facts.heldNano : readDollars(options.reserves, '--reserves')
    if (reservesNano > facts.heldNano) {
      throw new InputError(`is more than the ${usd(facts.heldNano)} USD that the fund holds`, {
        field: '--reserves',
      })
    }
    const roundSequence = await recentRoundOf(chain.connection, matrix.root)
    const { chainId, seals } = chain.deployment
    return {
      context: { chainId, seals, epoch: BigInt(facts.epoch) },
      references: referencesOf(chain.connection, facts, roundSequence),
      ledger: facts.ledger,
      reservesNano,
      liquidityNano: facts.liquidityNano,
      policy: facts.policy,
    }
  } finally {
    chain.close()
  }
}

function wholeNumber(text: string): bigint {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return BigInt(text)
}
