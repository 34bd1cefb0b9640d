import { z } from 'zod'
import { InputError, OutOfRangeError } from '../protocol/errors.ts'
import { type MarginInstance, riskPlaces } from '../protocol/instances.ts'
import { GENERATION_BITS, PLACE_BITS } from '../protocol/ranges.ts'
import { compareInstruments } from './market/order.ts'
import type { InstrumentQuote } from './market/snapshot.ts'
import { generationOf, placeOf } from './risk-tree.ts'

/** A live instrument: its id and its lot, neither of which ever changes while it is listed. */
export interface ListedInstrument {
  readonly symbol: string
  /** generation * 2^12 + place; place >= 1. */
  readonly id: number
  /** Size of one lot in 1e-9 of a unit. */
  readonly lotNano: bigint
}

const LISTING_FORMAT = 'tacit.listing.v1'
const decimal = z.string().regex(/^[1-9][0-9]{0,77}$/, 'must be a positive decimal integer in a string')
const listingSchema = z.strictObject({
  format: z.literal(LISTING_FORMAT),
  instruments: z.array(
    z.strictObject({ symbol: z.string().min(1), id: z.int().positive(), lotNano: decimal }),
  ),
  /** Latest generation by place, index 0 being place 1. */
  generations: z.array(z.int().nonnegative()),
})

/**
 * Which id every instrument has, over time: symbol -> id, and place -> latest generation. Immutable: a round takes
 * the last round's listing and makes the next. A place is given again only after `release`, and then under the next
 * generation, so an old position never comes to mean a new instrument.
 */
export class Listing {
  readonly #bySymbol: ReadonlyMap<string, ListedInstrument>
  readonly #byId: ReadonlyMap<number, ListedInstrument>
  /** generations[place - 1]: the latest generation given at a place. */
  readonly #generations: readonly number[]

  private constructor(instruments: Iterable<ListedInstrument>, generations: readonly number[]) {
    const ordered = [...instruments].sort((a, b) => placeOf(a.id) - placeOf(b.id))
    this.#bySymbol = new Map(ordered.map((instrument) => [instrument.symbol, instrument]))
    this.#byId = new Map(ordered.map((instrument) => [instrument.id, instrument]))
    this.#generations = generations
  }

  static readonly empty = new Listing([], [])

  /** Live instruments in order of place. */
  get instruments(): ListedInstrument[] {
    return [...this.#bySymbol.values()]
  }

  bySymbol(symbol: string): ListedInstrument | undefined {
    return this.#bySymbol.get(symbol)
  }

  byId(id: number): ListedInstrument | undefined {
    return this.#byId.get(id)
  }

  /** Latest generation given at a place, undefined for a place never used. */
  generation(place: number): number | undefined {
    return this.#generations[place - 1]
  }

  /**
   * The listing after these instruments are quoted. Live symbols keep their ids, whether quoted or not; new ones
   * take the lowest free places in canonical order (compareInstruments), whatever order they are given in. Throws
   * InputError for a changed lot size, a repeated symbol, and more instruments than the instance has places.
   */
  update(instruments: readonly InstrumentQuote[], instance: MarginInstance): Listing {
    const listed = new Map(this.#bySymbol)
    const seen = new Set<string>()
    const fresh: InstrumentQuote[] = []
    for (const instrument of instruments) {
      const { symbol, lotNano } = instrument
      if (seen.has(symbol)) throw new InputError(`${symbol} is quoted twice`, { field: 'symbol' })
      seen.add(symbol)
      const live = listed.get(symbol)
      if (live === undefined) fresh.push(instrument)
      else if (live.lotNano !== lotNano) {
        throw new InputError(
          `${symbol} is listed with lots of ${live.lotNano}e-9; ${lotNano}e-9 is refused: a live lot never changes`,
          { field: 'lotNano' },
        )
      }
    }
    return this.#assign(listed, fresh.sort(compareInstruments), instance)
  }

  /**
   * The listing without these symbols; their places are free again. Only for instruments that no sealed epoch
   * holds any more, which the caller knows. Throws InputError for a symbol that is not listed.
   */
  release(symbols: Iterable<string>): Listing {
    const listed = new Map(this.#bySymbol)
    for (const symbol of symbols) {
      if (!listed.delete(symbol)) throw new InputError(`${symbol} is not listed`, { field: 'symbol' })
    }
    return new Listing(listed.values(), this.#generations)
  }

  /** Plain JSON value with a stable order of keys and rows. */
  toJSON(): z.infer<typeof listingSchema> {
    return {
      format: LISTING_FORMAT,
      instruments: this.instruments.map(({ symbol, id, lotNano }) => ({ symbol, id, lotNano: `${lotNano}` })),
      generations: [...this.#generations],
    }
  }

  /** Reads what toJSON wrote. Throws InputError naming the field of anything malformed or inconsistent. */
  static parse(json: unknown): Listing {
    const parsed = listingSchema.safeParse(json)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!
      throw new InputError(`not a listing: ${issue.message}`, { field: issue.path.join('.') || 'listing' })
    }
    const { instruments, generations } = parsed.data
    if (generations.length >= 2 ** PLACE_BITS) {
      throw new InputError(`more than ${2 ** PLACE_BITS - 1} places`, { field: 'generations' })
    }
    const excessive = generations.findIndex((generation) => generation >= 2 ** GENERATION_BITS)
    if (excessive >= 0) {
      throw new InputError(`must have at most ${GENERATION_BITS} bits`, { field: `generations.${excessive}` })
    }
    const symbols = new Set<string>()
    const ids = new Set<number>()
    for (const [row, { symbol, id }] of instruments.entries()) {
      if (symbols.has(symbol)) throw refuseRow(row, 'symbol', `${symbol} stands twice`)
      if (ids.has(id)) throw refuseRow(row, 'id', `${id} stands twice`)
      if (generations[placeOf(id) - 1] !== generationOf(id)) {
        throw refuseRow(row, 'id', `${id} is not of the latest generation of its place ${placeOf(id)}`)
      }
      symbols.add(symbol)
      ids.add(id)
    }
    return new Listing(
      instruments.map(({ symbol, id, lotNano }) => ({ symbol, id, lotNano: BigInt(lotNano) })),
      generations,
    )
  }

  #assign(
    listed: Map<string, ListedInstrument>,
    fresh: readonly InstrumentQuote[],
    instance: MarginInstance,
  ): Listing {
    const available = riskPlaces(instance) - 1
    if (listed.size + fresh.length > available) {
      throw new InputError(
        `${listed.size + fresh.length} instruments, but ${instance.name} has ${available} places beside the reserved one`,
        { field: 'instruments' },
      )
    }
    const generations = [...this.#generations]
    const taken = new Set([...listed.values()].map(({ id }) => placeOf(id)))
    let place = 0
    for (const { symbol, lotNano } of fresh) {
      do place++
      while (taken.has(place))
      const latest = generations[place - 1]
      const generation = latest === undefined ? 0 : latest + 1
      if (generation >= 2 ** GENERATION_BITS) {
        throw new OutOfRangeError(`generation of place ${place}`, generation, 'the place is used up')
      }
      generations[place - 1] = generation
      listed.set(symbol, { symbol, id: generation * 2 ** PLACE_BITS + place, lotNano })
    }
    return new Listing(listed.values(), generations)
  }
}

function refuseRow(row: number, field: string, rule: string): InputError {
  return new InputError(rule, { row: row + 1, field })
}
