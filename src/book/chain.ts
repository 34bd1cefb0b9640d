import { CHAIN_TOTAL_WORDS, CHAIN_TOTALS, type ChainTotal } from '../protocol/chain-totals.ts'
import { FIELD_MODULUS, toField } from '../protocol/field.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { BASIS_POINTS } from '../protocol/ranges.ts'
import { isBelow, type MarginResult } from '../risk/margin.ts'
import type { Position } from './account.ts'

/**
 * The solvency chain's state between two accounts, as circuits/margin/chain.circom commits to it. Totals use fixed
 * thresholds; the header binds book, round and parameters, so totals cannot be carried across prices.
 */
export interface ChainHeader {
  readonly bookRoot: bigint
  readonly riskRoot: bigint
  /** Packed margin parameters. */
  readonly parameters: bigint
  /** hash(CHAIN_BETA, [bookRoot, riskRoot, parameters, ledger0, ledger1, ledger2]). */
  readonly beta: bigint
}

export interface ChainState {
  /** Accounts counted so far: the index of the next one. */
  readonly count: number
  /** Sum of quantity / (beta + id) in the field. */
  readonly fingerprint: bigint
  /** CHAIN_TOTALS packed words, field elements. */
  readonly totals: readonly bigint[]
  /** Uniform in the field; hides the totals. */
  readonly blind: bigint
}

export function chainBeta(
  hasher: Hasher,
  header: Omit<ChainHeader, 'beta'>,
  ledger: readonly bigint[],
): bigint {
  return hasher.hash('CHAIN_BETA', [header.bookRoot, header.riskRoot, header.parameters, ...ledger])
}

/** The state before the first account. */
export function emptyChainState(blind: bigint): ChainState {
  return { count: 0, fingerprint: 0n, totals: new Array<bigint>(CHAIN_TOTALS).fill(0n), blind }
}

export function chainCommitment(hasher: Hasher, header: ChainHeader, state: ChainState): bigint {
  return hasher.hash('CHAIN', [
    header.bookRoot,
    header.riskRoot,
    header.parameters,
    header.beta,
    BigInt(state.count),
    state.fingerprint,
    state.blind,
    ...state.totals,
  ])
}

/** The state after one more account; margin must be that of the positions in the header's round. */
export function addAccount(
  header: ChainHeader,
  state: ChainState,
  account: { readonly positions: readonly Position[]; readonly margin: MarginResult },
  nextBlind: bigint,
): ChainState {
  const added = packTotals(accountTotals(account.margin))
  return {
    count: state.count + 1,
    fingerprint: toField(state.fingerprint + fingerprint(header.beta, account.positions)),
    totals: state.totals.map((word, index) => toField(word + added[index]!)),
    blind: nextBlind,
  }
}

/** Sum of quantity / (beta + id) over positions, in the field. */
export function fingerprint(beta: bigint, positions: readonly Position[]): bigint {
  return positions.reduce(
    (sum, { id, quantityLots }) => toField(sum + toField(quantityLots) * inverse(toField(beta + BigInt(id)))),
    0n,
  )
}

/** What one account adds to each running total. */
export function accountTotals(margin: MarginResult): Record<ChainTotal, bigint> {
  const belowMm = isBelow(margin, 'mm')
  const near = !belowMm && BASIS_POINTS * margin.gaugeEquityNano < margin.mmBpsNano
  const gamma = (counts: boolean, underlying: number) => (counts ? margin.shortGammaNano[underlying]! : 0n)
  return {
    reduceOnly: flag(margin.tier === 'reduceOnly'),
    softLiquidation: flag(margin.tier === 'softLiquidation'),
    fullLiquidation: flag(margin.tier === 'fullLiquidation'),
    insolvent: flag(margin.tier === 'insolvent'),
    shortfallNano: margin.equityNano < 0n ? -margin.equityNano : 0n,
    requirementMmBpsNano: margin.mmBpsNano,
    equityNano: margin.equityNano,
    belowGamma0Nano: gamma(belowMm, 0),
    belowGamma1Nano: gamma(belowMm, 1),
    belowGamma2Nano: gamma(belowMm, 2),
    nearGamma0Nano: gamma(near, 0),
    nearGamma1Nano: gamma(near, 1),
    nearGamma2Nano: gamma(near, 2),
  }
}

/** Packs totals into the chain's words; a negative field stands on top of its word and borrows nothing. */
export function packTotals(totals: Readonly<Record<ChainTotal, bigint>>): bigint[] {
  return CHAIN_TOTAL_WORDS.map((fields) => {
    let word = 0n
    let shift = 0n
    for (const [name, bits] of fields) {
      word += totals[name] << shift
      shift += BigInt(bits)
    }
    return toField(word)
  })
}

/** The totals in a state's words: the last field of each word is signed, the others are not. */
export function unpackTotals(words: readonly bigint[]): Record<ChainTotal, bigint> {
  const totals: Partial<Record<ChainTotal, bigint>> = {}
  for (const [index, fields] of CHAIN_TOTAL_WORDS.entries()) {
    const word = words[index]!
    let rest = word > FIELD_MODULUS / 2n ? word - FIELD_MODULUS : word
    for (const [position, [name, bits]] of fields.entries()) {
      const isLast = position === fields.length - 1
      totals[name] = isLast ? rest : rest & ((1n << BigInt(bits)) - 1n)
      rest >>= BigInt(bits)
    }
  }
  return totals as Record<ChainTotal, bigint>
}

function flag(condition: boolean): bigint {
  return condition ? 1n : 0n
}

/** Inverse in the scalar field by the extended Euclidean algorithm. Throws RangeError for zero. */
function inverse(value: bigint): bigint {
  if (value === 0n) throw new RangeError('zero has no inverse: beta collides with an instrument id')
  let [remainder, next] = [FIELD_MODULUS, value]
  let [coefficient, nextCoefficient] = [0n, 1n]
  while (next !== 0n) {
    const quotient = remainder / next
    ;[remainder, next] = [next, remainder - quotient * next]
    ;[coefficient, nextCoefficient] = [nextCoefficient, coefficient - quotient * nextCoefficient]
  }
  return toField(coefficient)
}
