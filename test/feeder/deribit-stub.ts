import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { black76Nano } from '../../src/risk/black76.ts'
import type { MarketSnapshot } from '../../src/risk/market/snapshot.ts'

/**
 * A server in Deribit's public format over a made-up market. Misbehaves on demand: the next answers of a method can hang, be
 * garbage, be cut, be refused, or be anything that a test says.
 */
export type Trouble =
  | { readonly kind: 'hang' }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'close' }
  | { readonly kind: 'endless' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  | { readonly kind: 'busy'; readonly code: number }
  | { readonly kind: 'change'; readonly change: (result: never) => unknown }

export class DeribitStub {
  readonly url: string
  /** Methods asked for, in order. */
  readonly asked: string[] = []
  readonly #server: ReturnType<typeof createServer>
  readonly #troubles = new Map<string, Trouble[]>()
  readonly #market: () => MarketSnapshot

  private constructor(server: ReturnType<typeof createServer>, market: () => MarketSnapshot) {
    this.#server = server
    this.#market = market
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2`
    server.on('request', (request, response) => this.#answer(request, response))
  }

  static async start(market: () => MarketSnapshot): Promise<DeribitStub> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new DeribitStub(server, market)
  }

  /** What comes of the next requests of a method, one trouble each. */
  trouble(method: string, ...troubles: Trouble[]): void {
    this.#troubles.set(method, [...(this.#troubles.get(method) ?? []), ...troubles])
  }

  calm(): void {
    this.#troubles.clear()
    this.asked.length = 0
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, this.url)
    const method = url.pathname.replace('/api/v2/public/', '')
    this.asked.push(method)
    const result = this.#result(method, url.searchParams)
    const trouble = this.#troubles.get(method)?.shift()
    if (trouble === undefined) json(response, 200, { jsonrpc: '2.0', result, testnet: false })
    else misbehave(trouble, result, request, response)
  }

  #result(method: string, parameters: URLSearchParams): unknown {
    const market = this.#market()
    const name = parameters.get('instrument_name') ?? ''
    const currency = parameters.get('currency') ?? (name.split('-')[0] as string)
    const kind = parameters.get('kind')
    switch (method) {
      case 'get_book_summary_by_currency':
        return summary(market, currency).filter(
          (row) => (row.quote_currency === 'USD') === (kind === 'future'),
        )
      case 'get_instruments':
        return instruments(market, currency).filter((row) => row.kind === kind)
      case 'get_index_price': {
        const symbol = parameters.get('index_name')!.replace('_usd', '').toUpperCase()
        return { index_price: spotOf(market, symbol), estimated_delivery_price: spotOf(market, symbol) }
      }
      case 'ticker':
        return {
          ...{ instrument_name: name, timestamp: market.asOfSeconds * 1_000 },
          ...{ index_price: spotOf(market, currency), mark_price: spotOf(market, currency), state: 'open' },
        }
      case 'get_tradingview_chart_data': {
        const spot = spotOf(market, currency)
        const last = Math.floor(market.asOfSeconds / 60) * 60_000
        return {
          status: 'ok',
          ticks: [last - 120_000, last - 60_000, last],
          open: [spot, spot, spot],
          high: [spot * 1.001, spot * 1.002, spot],
          low: [spot * 0.999, spot * 0.998, spot],
          close: [spot, spot * 1.001, spot],
          volume: [10, 12.5, 1],
          cost: [1, 1, 1],
        }
      }
      case 'get_order_book': {
        const spot = spotOf(market, currency)
        return {
          bids: [
            [spot * 0.9999, 200_000],
            [spot * 0.9, 9e9],
          ],
          asks: [[spot * 1.0001, 150_000]],
        }
      }
      default:
        return undefined
    }
  }
}

function misbehave(
  trouble: Trouble,
  result: unknown,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  switch (trouble.kind) {
    case 'hang':
      break
    case 'close':
      request.socket.destroy()
      break
    case 'garbage':
      response.end('<html>Just a moment...</html>')
      break
    case 'endless':
      response.end(`{"result": "${'x'.repeat(3_000_000)}"}`)
      break
    case 'status':
      if (trouble.retryAfter !== undefined) response.setHeader('retry-after', trouble.retryAfter)
      json(response, trouble.status, { error: { code: trouble.status, message: 'no' } })
      break
    case 'busy':
      json(response, 400, { jsonrpc: '2.0', error: { code: trouble.code, message: 'too_many_requests' } })
      break
    case 'change':
      json(response, 200, { jsonrpc: '2.0', result: trouble.change(result as never) })
  }
}

function summary(market: MarketSnapshot, currency: string) {
  const underlying = market.underlyings.findIndex(({ symbol }) => symbol === currency)
  const spot = spotOf(market, currency)
  const common = {
    base_currency: currency,
    estimated_delivery_price: spot,
    creation_timestamp: market.asOfSeconds * 1_000,
  }
  return market.instruments.flatMap((instrument) => {
    if (instrument.kind === 'cash' || instrument.kind === 'spot' || instrument.underlying !== underlying)
      return []
    const row = { ...common, instrument_name: instrument.symbol, open_interest: 1, volume: 1 }
    if (instrument.kind !== 'option') {
      const mark = dollars(instrument.markNano)
      const sides = { bid_price: mark * 0.9999, ask_price: mark * 1.0001, mid_price: mark }
      return [{ ...row, quote_currency: 'USD', mark_price: mark, ...sides }]
    }
    const { expirySeconds, strikeNano, right } = instrument
    const expiry = market.expiries.find(
      (e) => e.underlying === underlying && e.expirySeconds === expirySeconds,
    )!
    const { volNano } = expiry.smile.find((point) => point.strikeNano === strikeNano)!
    const { forwardNano } = expiry
    const coin = (vol: bigint) => {
      const usdNano = black76Nano(right, forwardNano, strikeNano, vol, expirySeconds - market.asOfSeconds)
      return Number(usdNano) / Number(forwardNano)
    }
    const sides = { bid_price: coin((volNano * 98n) / 100n), ask_price: coin((volNano * 102n) / 100n) }
    return [
      {
        ...{ ...row, quote_currency: currency, underlying_price: dollars(forwardNano), interest_rate: 0 },
        ...{
          mark_price: coin(volNano),
          mark_iv: Math.round(Number(volNano) / 1e5) / 100,
          mid_price: coin(volNano),
        },
        ...sides,
      },
    ]
  })
}

function instruments(market: MarketSnapshot, currency: string) {
  const underlying = market.underlyings.findIndex(({ symbol }) => symbol === currency)
  return market.instruments.flatMap((instrument) => {
    if (instrument.kind === 'cash' || instrument.kind === 'spot' || instrument.underlying !== underlying)
      return []
    const isOption = instrument.kind === 'option'
    return [
      {
        instrument_name: instrument.symbol,
        kind: isOption ? 'option' : 'future',
        is_active: true,
        expiration_timestamp:
          'expirySeconds' in instrument ? instrument.expirySeconds * 1_000 : 32_503_708_800_000,
        ...(isOption ? { strike: dollars(instrument.strikeNano), option_type: instrument.right } : {}),
      },
    ]
  })
}

function spotOf(market: MarketSnapshot, currency: string): number {
  return dollars(market.underlyings.find(({ symbol }) => symbol === currency)!.spotNano)
}

function dollars(nano: bigint): number {
  return Number(nano) / 1e9
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}
