import { keccak256, toUtf8Bytes } from 'ethers'
import { InputError } from '../../protocol/errors.ts'
import { MARGIN_INSTANCES } from '../../protocol/instances.ts'
import { packMarginParameters } from '../../protocol/parameters.ts'
import type { Hasher } from '../../protocol/poseidon.ts'
import { marginParametersOf, type RiskConfiguration } from '../../risk/configuration.ts'
import { parseConfiguration } from '../../risk/configuration-file.ts'
import { configurationHash } from '../../risk/configuration-hash.ts'
import { Listing } from '../../risk/listing.ts'
import {
  MARKET_FORMAT,
  MARKET_VERSION,
  readNativeMarket,
  writeNativeMarket,
} from '../../risk/market/native.ts'
import type { InstrumentQuote, MarketSnapshot } from '../../risk/market/snapshot.ts'
import { buildRiskMatrix, type RiskMatrix } from '../../risk/matrix.ts'
import { checkVectorRanges, type RiskVector } from '../../risk/vector.ts'
import { MAX_SMILE_POINTS } from '../limits.ts'
import type { BundleHeader, BundleRecord, RecordOf } from '../records.ts'
import type { SealStatement } from '../statement.ts'
import { type CheckList, fail, pass } from './check.ts'

/** keccak-256 of a market in Tacit's own format: what a round commits to. */
export function marketHashOf(snapshot: MarketSnapshot): string {
  return keccak256(toUtf8Bytes(writeNativeMarket(snapshot)))
}

/** The records that a round is made of, as they come. */
export class RoundRecords {
  configuration: RecordOf<'configuration'>['configuration'] = {}
  readonly underlyings: RecordOf<'underlying'>['quote'][] = []
  readonly expiries: RecordOf<'expiry'>['quote'][] = []
  readonly instruments: RecordOf<'instrument'>['quote'][] = []
  generations: readonly number[] = []
  readonly listed: Omit<RecordOf<'listed'>, 'record'>[] = []
  readonly standing: RiskVector[] = []
  #smilePoints = 0

  /** Keeps a record of the round; false for any other. */
  take(record: BundleRecord): boolean {
    if (record.record === 'configuration') this.configuration = record.configuration
    else if (record.record === 'underlying') this.underlyings.push(record.quote)
    else if (record.record === 'expiry') this.#takeExpiry(record.quote)
    else if (record.record === 'instrument') this.instruments.push(record.quote)
    else if (record.record === 'generations') this.generations = record.latest
    else if (record.record === 'listed') {
      const { symbol, id, lotNano } = record
      this.listed.push({ symbol, id, lotNano })
    } else if (record.record === 'standing') this.standing.push(standingVector(record))
    else return false
    return true
  }

  #takeExpiry(quote: RecordOf<'expiry'>['quote']): void {
    this.#smilePoints += quote.smile.length
    if (this.#smilePoints > MAX_SMILE_POINTS) {
      throw new InputError(`the smiles of a market have at most ${MAX_SMILE_POINTS} points`, {
        field: 'smile',
      })
    }
    this.expiries.push(quote)
  }
}

/** The recomputed round; whatever could not be made is undefined, and its check has failed. */
export interface CheckedRound {
  readonly configuration: RiskConfiguration | undefined
  readonly snapshot: MarketSnapshot | undefined
  readonly matrix: RiskMatrix | undefined
}

/** Recomputes a round from its records, bit for bit, and compares it with what the proofs state. */
export function checkRound(
  checks: CheckList,
  hasher: Hasher,
  header: BundleHeader,
  statement: SealStatement,
  records: RoundRecords,
): CheckedRound {
  let configuration: RiskConfiguration | undefined
  let snapshot: MarketSnapshot | undefined
  let matrix: RiskMatrix | undefined
  checks.run('configuration', () => {
    configuration = parseConfiguration(JSON.stringify(records.configuration), 'configuration')
    return compareConfiguration(configuration, header, statement)
  })
  checks.run('market', () => {
    snapshot = readMarketRecords(header, records)
    const hash = marketHashOf(snapshot)
    if (hash !== header.round.marketHash) {
      return fail(`the market data hash to ${hash}, and the round names ${header.round.marketHash}`)
    }
    return pass(
      `${snapshot.underlyings.length} underlyings, ${snapshot.expiries.length} expiries, ` +
        `${snapshot.instruments.length} instruments of ${instant(snapshot.asOfSeconds)}; hash ${hash}`,
    )
  })
  checks.run('risk', () => {
    if (configuration === undefined || snapshot === undefined) {
      return fail('not recomputed: configuration or market data are unusable')
    }
    matrix = buildRiskMatrix(hasher, {
      snapshot,
      configuration,
      instance: MARGIN_INSTANCES[header.instance],
      listing: listingBefore(records),
      previous: { vectors: new Map(records.standing.map((vector) => [vector.id, vector])), halted: [] },
    })
    return compareMatrix(matrix, statement, records)
  })
  return { configuration, snapshot, matrix }
}

function compareConfiguration(
  configuration: RiskConfiguration,
  header: BundleHeader,
  statement: SealStatement,
) {
  const hash = configurationHash(configuration)
  if (hash !== header.round.configurationHash) {
    return fail(`the configuration hashes to ${hash}, and the round names ${header.round.configurationHash}`)
  }
  const word = packMarginParameters(marginParametersOf(configuration))
  if (word !== statement.parameters) {
    return fail(
      `the configuration gives the parameters ${word}, and the proofs state ${statement.parameters}`,
    )
  }
  return pass(
    `"${configuration.name}", ${configuration.scenarios.length} scenarios; hash ${hash}; parameters word ${word}`,
  )
}

function compareMatrix(matrix: RiskMatrix, statement: SealStatement, records: RoundRecords) {
  const halted = matrix.halted.filter(({ standing }) => standing !== undefined)
  const used = new Set(halted.map(({ id }) => id))
  const idle = records.standing.find(({ id }) => !used.has(id))
  if (idle !== undefined || used.size !== records.standing.length) {
    return fail(
      `a standing vector is given for instrument ${idle?.id ?? '(twice)'}, which is not halted in this round`,
    )
  }
  if (matrix.root !== statement.riskRoot) {
    return fail(`the risk root is ${matrix.root}, and the proofs state ${statement.riskRoot}`)
  }
  const priced = matrix.vectors.size - 1 - halted.length
  const note =
    halted.length === 0
      ? ''
      : `; ${halted.length} halted ones stand with vectors of an earlier round, which this bundle cannot recompute`
  return pass(`${priced} instruments priced, every rate recomputed: the root is ${matrix.root}${note}`)
}

function readMarketRecords(header: BundleHeader, records: RoundRecords): MarketSnapshot {
  const text = JSON.stringify({
    format: MARKET_FORMAT,
    version: MARKET_VERSION,
    asOf: header.round.asOfSeconds,
    underlyings: records.underlyings,
    expiries: records.expiries,
    instruments: records.instruments,
  })
  return readNativeMarket({ name: 'market', text })
}

function listingBefore(records: RoundRecords): Listing {
  return Listing.parse({
    format: 'tacit.listing.v1',
    instruments: records.listed,
    generations: [...records.generations],
  })
}

function standingVector(record: RecordOf<'standing'>): RiskVector {
  const vector = {
    id: record.id,
    ratesNano: record.ratesNano.map(BigInt),
    longChargeNano: BigInt(record.longChargeNano),
    shortChargeNano: BigInt(record.shortChargeNano),
  }
  try {
    checkVectorRanges(vector)
  } catch (cause) {
    throw new InputError((cause as Error).message, { field: `standing ${record.id}` }, { cause })
  }
  return vector
}

/** Number of instruments that stand with a vector of an earlier round. */
export function standingOf({ matrix }: CheckedRound): number {
  return matrix?.halted.filter(({ standing }) => standing !== undefined).length ?? 0
}

/** Quotes of this round by instrument id. */
export function quotesById({ matrix, snapshot }: CheckedRound): Map<number, InstrumentQuote> {
  if (matrix === undefined || snapshot === undefined) return new Map()
  return new Map(snapshot.instruments.map((quote) => [matrix.listing.bySymbol(quote.symbol)!.id, quote]))
}

/** 2026-03-02 09:30:00 UTC */
export function instant(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
