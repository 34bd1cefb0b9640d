import { Contract, Interface, type Provider } from 'ethers'
import { chainErrorOf, view } from '../chain/transactions.ts'
import {
  checkExternalSpotTerms,
  checkFeedDecimals,
  type ExternalSpotTerms,
  externalSpotNano,
  type FeedAnswer,
} from '../oracle/external-spot.ts'
import { isWithin } from '../oracle/move-guard.ts'
import type { GuardParameters } from '../oracle/oracle-parameters.ts'
import type { QuotedMarket } from '../oracle/quoted-market.ts'
import { ChainError, InputError, SourceError } from '../protocol/errors.ts'
import { nanoToDecimal } from '../risk/market/decimal.ts'
import type { UnderlyingQuote } from '../risk/market/snapshot.ts'
import type { MarketSource } from './source.ts'

/** Where an underlying's spot is taken from: a contract with Chainlink's AggregatorV3Interface. */
export interface SpotFeed extends ExternalSpotTerms {
  readonly symbol: string
  readonly address: string
}

export interface SpotFeedOptions {
  /** Everything but these spots. */
  readonly source: MarketSource
  /** One an underlying at most. */
  readonly feeds: readonly SpotFeed[]
  /** Of the chain that the feeds are on. */
  readonly provider: Provider
  readonly guards: Pick<GuardParameters, 'maximumAgeSeconds' | 'maximumSpreadBps'>
}

const FEED = new Interface([
  'function decimals() view returns (uint8)',
  'function latestRoundData() view returns (uint80, int256 answer, uint256, uint256 updatedAt, uint80)',
])

/**
 * A market whose spots are those of feeds on a chain; all else, forwards among it, is the market's own. A feed has to bear its
 * market out: a spot that stood still while the forwards fell, or the other way round, would pass the guards, which see
 * nothing but spot. Boundary module: network.
 */
export class SpotFeedSource implements MarketSource {
  readonly name: string
  readonly #options: SpotFeedOptions

  private constructor(options: SpotFeedOptions) {
    this.#options = options
    const spots = options.feeds.map(({ symbol, address }) => `spot of ${symbol} from the feed ${address}`)
    this.name = [options.source.name, ...spots].join(', ')
  }

  /** @throws InputError for terms that make no sense and for what is no such contract, SourceError when the chain is away */
  static async open(options: SpotFeedOptions): Promise<SpotFeedSource> {
    for (const [index, feed] of options.feeds.entries()) {
      const told = options.feeds.findIndex(({ symbol }) => symbol === feed.symbol) < index
      if (told) throw new InputError('is given twice', { file: nameOf(feed) })
      await withPlace(feed, async () => {
        checkExternalSpotTerms(feed)
        checkFeedDecimals(await firstDecimals(feed, options.provider))
      })
    }
    return new SpotFeedSource(options)
  }

  async take(afterSeconds: number): Promise<QuotedMarket | undefined> {
    const { source, feeds } = this.#options
    const market = await source.take(afterSeconds)
    if (market === undefined) return undefined
    const { asOfSeconds, underlyings } = market.snapshot
    const block = await this.#block(asOfSeconds)
    const taken = await Promise.all(
      feeds.map((feed) => withPlace(feed, () => this.#spot(feed, underlyings, asOfSeconds, block))),
    )
    const spotOf = new Map(taken.map(({ symbol, spotNano }) => [symbol, spotNano]))
    const moved = underlyings.map((underlying) => ({
      ...underlying,
      spotNano: spotOf.get(underlying.symbol) ?? underlying.spotNano,
    }))
    return {
      ...market,
      snapshot: { ...market.snapshot, underlyings: moved },
      notes: [...market.notes, ...taken.map(({ note }) => note)],
    }
  }

  /** All feeds are read at one block, of about the market's time: a node that has fallen behind answers with old prices. */
  async #block(asOfSeconds: number): Promise<Block> {
    const { provider, guards } = this.#options
    let block: Block | null
    try {
      block = await provider.getBlock('latest')
    } catch (error) {
      throw silentError('the chain of the spot feeds', error)
    }
    if (block === null) throw new SourceError('the chain of the spot feeds has no block')
    const apart = asOfSeconds - block.timestamp
    if (Math.abs(apart) > guards.maximumAgeSeconds) {
      throw new InputError(
        `is ${Math.abs(apart)} s ${apart > 0 ? 'before' : 'after'} the market, and may be ${guards.maximumAgeSeconds} s off`,
        { file: 'the chain of the spot feeds', field: 'newest block' },
      )
    }
    return block
  }

  async #spot(feed: SpotFeed, underlyings: readonly UnderlyingQuote[], asOfSeconds: number, block: Block) {
    const { provider, guards } = this.#options
    const { symbol, address } = feed
    const own = underlyings.find((underlying) => underlying.symbol === symbol)?.spotNano
    if (own === undefined) throw new InputError(`the market has no ${symbol}`, { field: 'underlying' })
    const answer = await readFeed(feed, provider, block.number)
    const nowSeconds = Math.max(asOfSeconds, block.timestamp)
    const spotNano = externalSpotNano(answer, feed, block.timestamp, nowSeconds)
    const prices = `${nanoToDecimal(spotNano)} USD, and the market's own spot is ${nanoToDecimal(own)}`
    if (!isWithin(spotNano, own, guards.maximumSpreadBps)) {
      throw new InputError(`is ${prices}: further apart than ${guards.maximumSpreadBps} bps`, {
        field: 'answer',
      })
    }
    const age = BigInt(nowSeconds) - answer.updatedAtSeconds
    return { symbol, spotNano, note: `spot of ${symbol} from ${address}, ${age} s old: ${prices}` }
  }
}

interface Block {
  readonly number: number
  readonly timestamp: number
}

async function firstDecimals({ address }: SpotFeed, provider: Provider): Promise<bigint> {
  try {
    if ((await provider.getCode(address)) === '0x') {
      throw new InputError('has no code on this chain', { field: 'address' })
    }
    return await view<bigint>(new Contract(address, FEED, provider), 'decimals', [], FEED)
  } catch (error) {
    if (error instanceof InputError) throw error
    const known = chainErrorOf(error, FEED)
    if (known.code === 'CHAIN_UNAVAILABLE') throw silentError('the chain of the spot feeds', known)
    throw new InputError('is no AggregatorV3Interface', { field: 'decimals' }, { cause: known })
  }
}

async function readFeed(feed: SpotFeed, provider: Provider, blockTag: number): Promise<FeedAnswer> {
  const contract = new Contract(feed.address, FEED, provider)
  const at = [{ blockTag }]
  try {
    const [{ answer, updatedAt }, decimals] = await Promise.all([
      view<{ answer: bigint; updatedAt: bigint }>(contract, 'latestRoundData', at, FEED),
      view<bigint>(contract, 'decimals', at, FEED),
    ])
    return { decimals, answer, updatedAtSeconds: updatedAt }
  } catch (error) {
    throw silentError(nameOf(feed), error)
  }
}

/** A feed that reverts is no other than one that does not answer: both may come back. */
function silentError(what: string, error: unknown): SourceError {
  const known = error instanceof ChainError ? error : chainErrorOf(error, FEED)
  return new SourceError(`${what}: ${known.message}`, { cause: known })
}

async function withPlace<T>(feed: SpotFeed, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof InputError ? error.at({ file: nameOf(feed) }) : error
  }
}

function nameOf({ symbol, address }: SpotFeed): string {
  return `spot feed of ${symbol} at ${address}`
}
