/** Options of a feeder that takes spot from feeds on a chain. Boundary module: network. */
import { type Command, InvalidArgumentError } from 'commander'
import { isAddress } from 'ethers'
import type { MarketSource } from '../feeder/source.ts'
import { type SpotFeed, SpotFeedSource } from '../feeder/spot-feed-source.ts'
import { checkExternalSpotTerms } from '../oracle/external-spot.ts'
import { DEFAULT_ORACLE_PARAMETERS } from '../oracle/oracle-parameters.ts'
import { InputError } from '../protocol/errors.ts'
import { decimalToNano } from '../risk/market/decimal.ts'
import { providerOf } from './oracle-options.ts'

export interface SpotFeedChoice {
  readonly spotFeed?: readonly SpotFeed[]
  readonly spotRpc?: string
}

/** How often most of Chainlink's feeds of prices on Ethereum say their price at least. */
const HEARTBEAT_SECONDS = 3_600
/** For one answer, with all tries: a node that hangs does not hold up the feeder. */
const ANSWER_MS = 10_000
const TERMS = /^([A-Z][A-Z0-9]*)=(0x[0-9a-fA-F]{40})((?:,[a-zA-Z]+=[0-9.]+)*)$/
const NAMES = ['leastUsd', 'mostUsd', 'maxAgeSeconds']

export function withSpotFeeds(command: Command): Command {
  return command
    .option(
      '--spot-feed <terms>',
      "an underlying's spot from a contract with Chainlink's AggregatorV3Interface, within bounds: " +
        `BTC=0x...,leastUsd=N,mostUsd=N[,maxAgeSeconds=${HEARTBEAT_SECONDS}]; repeat for several`,
      collectSpotFeed,
    )
    .option(
      '--spot-rpc <url>',
      'with --spot-feed: JSON-RPC of the chain that the feeds are on (default: --rpc)',
    )
}

/** Works with the source, its spots taken from the feeds where there are any, and closes what it opened. */
export async function withSource<T>(
  source: MarketSource,
  { spotFeed: feeds, spotRpc, rpc }: SpotFeedChoice & { readonly rpc?: string },
  work: (source: MarketSource) => Promise<T>,
): Promise<T> {
  if (feeds === undefined) {
    if (spotRpc !== undefined)
      throw new InputError('is of no use without --spot-feed', { field: '--spot-rpc' })
    return work(source)
  }
  const provider = await providerOf(spotRpc ?? rpc!, ANSWER_MS)
  try {
    const { guards } = DEFAULT_ORACLE_PARAMETERS
    return await work(await SpotFeedSource.open({ source, feeds, provider, guards }))
  } finally {
    provider.destroy()
  }
}

function collectSpotFeed(text: string, earlier: readonly SpotFeed[] = []): readonly SpotFeed[] {
  const feed = parseSpotFeed(text)
  if (earlier.some(({ symbol }) => symbol === feed.symbol)) {
    throw new InvalidArgumentError(`The spot of ${feed.symbol} has a feed already.`)
  }
  return [...earlier, feed]
}

function parseSpotFeed(text: string): SpotFeed {
  const [, symbol, address, rest] = TERMS.exec(text) ?? []
  if (symbol === undefined || !isAddress(address)) {
    throw new InvalidArgumentError(
      'It must be a symbol, =, an address of 0x and 40 hex digits, and terms of it, each as ,name=number.',
    )
  }
  const terms = termsOf(rest!)
  const [least, most] = [terms.get('leastUsd'), terms.get('mostUsd')]
  if (least === undefined || most === undefined) {
    throw new InvalidArgumentError(
      'It must say leastUsd and mostUsd: a feed that stands at an end of its own range has stopped.',
    )
  }
  try {
    const maxAgeSeconds = Number(terms.get('maxAgeSeconds') ?? HEARTBEAT_SECONDS)
    const bounds = { leastNano: decimalToNano(least), mostNano: decimalToNano(most) }
    const feed = { symbol, address, maxAgeSeconds, ...bounds }
    checkExternalSpotTerms(feed)
    return feed
  } catch (error) {
    if (error instanceof InputError) throw new InvalidArgumentError(error.message)
    throw error
  }
}

function termsOf(text: string): ReadonlyMap<string, string> {
  const terms = new Map<string, string>()
  for (const term of text.split(',').slice(1)) {
    const [name, value] = term.split('=') as [string, string]
    if (!NAMES.includes(name)) throw new InvalidArgumentError(`${name} is none of ${NAMES.join(', ')}.`)
    if (terms.has(name)) throw new InvalidArgumentError(`${name} is given twice.`)
    terms.set(name, value)
  }
  return terms
}
