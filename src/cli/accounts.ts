import type { BookEntry } from '../book/entry.ts'
import { InputError } from '../protocol/errors.ts'
import { type LinearMarginResult, linearMarginOf } from '../risk/linear-margin.ts'
import { type MarginResult, marginOf } from '../risk/margin.ts'
import type { InstrumentQuote } from '../risk/market/snapshot.ts'
import { type RoundSession, riskRoundOf, type Session } from './session.ts'

/** Where one account stands under the round: the portfolio margin, and the linear model beside it. */
export interface AccountMargin {
  readonly entry: BookEntry
  readonly margin: MarginResult
  readonly linear: LinearMarginResult
}

/** One per account, in the book's order. */
export function accountMargins(session: Session): AccountMargin[] {
  const { matrix, snapshot, configuration, entries } = session
  const round = {
    vectors: matrix.vectors,
    instruments: instrumentsById(session),
    underlyings: snapshot.underlyings,
    deltaShockBps: configuration.greekShocks.spotBps,
  }
  return entries.map((entry) => {
    const { positions } = entry.account
    return {
      entry,
      margin: marginOf(positions, matrix.vectors, matrix.parameters),
      linear: linearMarginOf(positions, round),
    }
  })
}

export function instrumentsById({ matrix, snapshot }: RoundSession): Map<number, InstrumentQuote> {
  return new Map(
    snapshot.instruments.map((instrument) => [matrix.listing.bySymbol(instrument.symbol)!.id, instrument]),
  )
}

/**
 * The book's index of an account, by id or by name (any case).
 * @throws InputError when there is none, or when a name stands twice
 */
export function accountIndex({ entries }: Pick<Session, 'entries'>, wanted: string): number {
  const isNumber = /^\d+$/.test(wanted)
  const matches = entries.flatMap(({ account, name }, index) => {
    const fits = isNumber && account.accountId === Number(wanted)
    return fits || name?.toLowerCase() === wanted.toLowerCase() ? [index] : []
  })
  if (matches.length === 1) return matches[0]!
  const rule =
    matches.length > 1
      ? `${matches.length} accounts are named "${wanted}": name one by its id`
      : `the book has no account "${wanted}"; it has ${known(entries)}`
  throw new InputError(rule, { field: '--account' })
}

/** What bounds the requirement: the scenario's name, "greeks" where the greeks term does, "none" without risk. */
export function worstScenario(session: RoundSession, margin: MarginResult, of: 'mm' | 'im' = 'im'): string {
  const scenario = of === 'mm' ? margin.worstMmScenario : margin.worstImScenario
  const worstNano = of === 'mm' ? margin.worstMmNano : margin.worstImNano
  if (scenario !== undefined) return session.configuration.scenarios[scenario]?.name ?? `row ${scenario}`
  return worstNano > 0n ? 'greeks' : 'none'
}

/** One account for machines: exact integers, nano-USD. */
export function accountJson(session: RoundSession, { entry, margin, linear }: AccountMargin) {
  const { requirementNano } = margin
  return {
    accountId: entry.account.accountId,
    name: entry.name,
    tier: margin.tier,
    equityNano: margin.equityNano,
    mmNano: requirementNano.mm,
    softNano: requirementNano.soft,
    imNano: requirementNano.im,
    worstMmScenario: worstScenario(session, margin, 'mm'),
    worstImScenario: worstScenario(session, margin, 'im'),
    worstMmNano: margin.worstMmNano,
    worstImNano: margin.worstImNano,
    greeksNano: margin.greeksNano,
    chargesNano: margin.chargesNano,
    linearInitialNano: linear.initialNano,
    linearMaintenanceNano: linear.maintenanceNano,
  }
}

/** The round for machines. */
export function roundJson(session: RoundSession) {
  const { matrix } = session
  return {
    market: session.marketSource,
    asOfSeconds: matrix.asOfSeconds,
    instance: session.instance.name,
    instruments: session.snapshot.instruments.length,
    riskRoot: riskRoundOf(matrix).tree.root,
    parameters: matrix.parametersWord,
    configurationHash: session.configurationHash,
    marketHash: session.marketHash,
  }
}

const MOST_NAMED = 30

function known(entries: readonly BookEntry[]): string {
  const names = entries
    .slice(0, MOST_NAMED)
    .map(({ account, name }) =>
      name === undefined ? `${account.accountId}` : `${account.accountId} (${name})`,
    )
  const more = entries.length - names.length
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
