import { EXP_LIMIT_Q64, EXP_UNDERFLOW_Q64, LOG2_E_Q64, TAYLOR_TERMS } from '../fixed-point/exp.ts'
import { ODD_RECIPROCALS_Q120 } from '../fixed-point/ln.ts'
import { CELL_BITS, CELLS, DEGREE } from '../fixed-point/normal-table.ts'
import { Q64_BITS } from '../fixed-point/q64.ts'
import { LN2_Q120, Q120_BITS, SQRT2_Q120 } from '../fixed-point/q120.ts'
import { PARKINSON_NANO } from '../oracle/activity.ts'
import { FIELD_MODULUS } from '../protocol/field.ts'
import {
  BREAKER_LEVELS,
  MOST_GUARDED_ROUNDS,
  MOST_HELD_FACTOR,
  SPOT_DOUBTED_BIT,
} from '../protocol/guard-parameters.ts'
import * as words from '../protocol/oracle-words.ts'
import {
  CHARGE_BITS,
  GREEK_RATE_BITS,
  LIMB_RADIX_BITS,
  LIMBS_PER_ELEMENT,
  MAX_SCALE_BPS,
  PLACE_BITS,
  RATE_BITS,
} from '../protocol/ranges.ts'
import {
  DIMS,
  FIRST_GREEK_DIM,
  FIRST_SCENARIO_DIM,
  RATE_ELEMENTS,
  SCENARIOS,
  UNDERLYINGS,
  VALUE_DIM,
} from '../protocol/risk-layout.ts'
import { YEAR_SECONDS } from '../risk/black76.ts'
import { MAX_CHARGE_BPS, MAX_SHOCK_BPS } from '../risk/configuration-rules.ts'
import { FORWARD_SPOT_RATIO, MAX_PRICE_NANO, MAX_VOL_NANO, MIN_VOL_NANO } from '../risk/market/check.ts'
import { HALT_CHARGE_BPS } from '../risk/matrix.ts'
import { DEEPEST_FALL_BPS } from '../risk/scaled-configuration.ts'
import { DAY_SECONDS, THIRTY_DAYS_SECONDS } from '../risk/surface.ts'
import { solidityHeader } from './generate-protocol.ts'
import {
  FULL_ROUNDS,
  oracleTables,
  POSEIDON_WIDTHS,
  type PoseidonWidth,
  TABLE_PART_BYTES,
} from './oracle-tables.ts'

/** Solidity's side of the pricing: constants, places in the tables, and Poseidon of 16, 8 and 4 inputs, as text. */

/** Every constant that the oracle's contracts take from TypeScript, by its Solidity name. */
export function oracleConstants(): Readonly<Record<string, bigint>> {
  return {
    ...fixedPointConstants(),
    ...layoutConstants(),
    ...tableConstants(),
    YEAR_SECONDS: BigInt(YEAR_SECONDS),
    DAY_SECONDS: BigInt(DAY_SECONDS),
    THIRTY_DAYS_SECONDS: BigInt(THIRTY_DAYS_SECONDS),
    HALT_CHARGE_BPS,
    MAX_SCALE_BPS,
    MAX_SHOCK_BPS,
    MAX_CHARGE_BPS,
    DEEPEST_FALL_BPS,
    PARKINSON_NANO,
    MAX_PRICE_NANO,
    LEAST_PRICE_NANO: words.LEAST_PRICE_NANO,
    MIN_VOL_NANO,
    MAX_VOL_NANO,
    FORWARD_SPOT_RATIO,
    MOST_GUARDED_ROUNDS: BigInt(MOST_GUARDED_ROUNDS),
    MOST_HELD_FACTOR: BigInt(MOST_HELD_FACTOR),
    SPOT_DOUBTED_BIT: BigInt(SPOT_DOUBTED_BIT),
    BREAKER_NO_WITHDRAWALS: BigInt(BREAKER_LEVELS.indexOf('noWithdrawals')),
    BREAKER_AUCTIONS_WAIT: BigInt(BREAKER_LEVELS.indexOf('auctionsWait')),
  }
}

/** The texts of the generated sources, by library. */
export function oracleSources(): Readonly<Record<string, string>> {
  return { OracleConstants: constantsText(), LnSeries: lnSeriesText(), PoseidonWide: poseidonText() }
}

function fixedPointConstants(): Record<string, bigint> {
  return {
    Q64_BITS,
    Q120_BITS,
    LN2_Q120,
    SQRT2_Q120,
    LOG2_E_Q64,
    EXP_LIMIT_Q64,
    EXP_UNDERFLOW_Q64,
    TAYLOR_TERMS,
    CELL_BITS,
    CELLS: BigInt(CELLS),
    DEGREE: BigInt(DEGREE),
  }
}

function layoutConstants(): Record<string, bigint> {
  const numbers = {
    DIMS,
    VALUE_DIM,
    FIRST_GREEK_DIM,
    FIRST_SCENARIO_DIM,
    SCENARIOS,
    UNDERLYINGS,
    RATE_ELEMENTS,
    LIMBS_PER_ELEMENT,
    LIMB_RADIX_BITS,
    RATE_BITS,
    GREEK_RATE_BITS,
    CHARGE_BITS,
    PLACE_BITS,
    SHOCK_BITS: words.SHOCK_BITS,
    SHOCK_BIAS_BPS: words.SHOCK_BIAS_BPS,
    FUNDING_BIAS_NANO: words.FUNDING_BIAS_NANO,
    WEIGHT_BITS: words.WEIGHT_BITS,
    CONFIGURATION_VOLATILITY: words.CONFIGURATION_VOLATILITY,
    CONFIGURATION_GREEKS: words.CONFIGURATION_GREEKS,
    CONFIGURATION_CHARGES: words.CONFIGURATION_CHARGES,
    CONFIGURATION_SCENARIOS: words.CONFIGURATION_SCENARIOS,
    STRIKE_BITS: words.STRIKE_BITS,
    VOL_BITS: words.VOL_BITS,
    SMILE_POINT_BYTES: words.SMILE_POINT_BYTES,
    SECTION_HEADER: words.SECTION_HEADER,
    SECTION_MARKS: words.SECTION_MARKS,
    SECTION_TOPS: words.SECTION_TOPS,
    SECTION_GROUPS: words.SECTION_GROUPS,
    SECTION_SYNTHETIC: words.SECTION_SYNTHETIC,
    SECTION_SMILES: words.SECTION_SMILES,
    HEADER_LISTING: words.HEADER_LISTING,
    HEADER_SPOTS: words.HEADER_SPOTS,
    HEADER_SCALES: words.HEADER_SCALES,
    HEADER_FORWARDS: words.HEADER_FORWARDS,
    SYNTHETIC_WORDS: words.SYNTHETIC_WORDS,
    SYNTHETIC_ACTIVITY_WORDS: words.SYNTHETIC_ACTIVITY_WORDS,
    LISTING_PART_PLACES: words.LISTING_PART_PLACES,
    MOST_EXPIRIES: words.MOST_EXPIRIES,
    MOST_MARKS: words.MOST_MARKS,
    MOST_SMILE_POINTS: words.MOST_SMILE_POINTS,
    MOST_PARTS: words.MOST_PARTS,
    MOST_GROUPS: words.MOST_GROUPS,
  }
  const kinds = words.INSTRUMENT_KINDS.map((kind, code) => [`KIND_${kind.toUpperCase()}`, BigInt(code)])
  return {
    ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, BigInt(value)])),
    ...Object.fromEntries(kinds),
  }
}

function tableConstants(): Record<string, bigint> {
  const { bytes, normal, poseidon } = oracleTables()
  const constants: Record<string, bigint> = {
    TABLES_LENGTH: BigInt(bytes.length),
    TABLE_PART_BYTES: BigInt(TABLE_PART_BYTES),
    NORMAL_OFFSET: BigInt(normal.offset),
    NORMAL_LENGTH: BigInt(normal.length),
  }
  for (const width of POSEIDON_WIDTHS) {
    constants[`POSEIDON_${width}_OFFSET`] = BigInt(poseidon[width].offset)
    constants[`POSEIDON_${width}_LENGTH`] = BigInt(poseidon[width].length)
  }
  return constants
}

function constantsText(): string {
  const lines = Object.entries(oracleConstants()).map(
    ([name, value]) => `    int256 internal constant ${name} = ${value};`,
  )
  const hash = `    bytes32 internal constant TABLES_HASH = ${oracleTables().hash};`
  return `${solidityHeader('generate-oracle.ts')}/// @notice What src/fixed-point, src/risk and src/protocol fix, for the recomputation of rounds.\nlibrary OracleConstants {\n${[...lines, hash].join('\n')}\n}\n`
}

/** The series of artanh, from its last term up. */
function lnSeriesText(): string {
  const [last, ...rest] = [...ODD_RECIPROCALS_Q120].reverse()
  const steps = rest.map((term) => `            series = ${term} + ((series * square) >> ${Q120_BITS});`)
  return `${solidityHeader('generate-oracle.ts')}/// @notice artanh(z) / z by the powers of z^2, in Q120.
library LnSeries {
    function sum(int256 square) internal pure returns (int256 series) {
        unchecked {
            series = ${last};
${steps.join('\n')}
        }
    }
}
`
}

function poseidonText(): string {
  const functions = POSEIDON_WIDTHS.map(poseidonFunction)
  return `${solidityHeader('generate-oracle.ts')}/**
 * @notice Poseidon over BN254 with circomlib's constants, in its form with sparse matrices: the domain tag and the
 * inputs as a state in memory, the constants as a table in memory (OracleTables).
 * @dev \`state\` points to twice the width in words: the first half holds the tag and the inputs, the second is working
 * space; both are overwritten. Inputs must be below the modulus.
 */
library PoseidonWide {
${functions.join('\n')}
}
`
}

function poseidonFunction(width: PoseidonWidth): string {
  const p = hex(FIELD_MODULUS)
  const bytes = 32 * width
  const { partialRounds } = oracleTables().poseidon[width]
  const matrix = 32 * (FULL_ROUNDS * width + partialRounds)
  const sparse = matrix + 2 * 32 * width * width
  const fullHalf = FULL_ROUNDS / 2 - 1
  return `    function hash${width - 1}(uint256 table, uint256 state) internal pure returns (uint256 result) {
        assembly ("memory-safe") {
            function power5(x) -> y {
                let x2 := mulmod(x, x, ${p})
                y := mulmod(x, mulmod(x2, x2, ${p}), ${p})
            }
            function row(m, s) -> r {
${dotLines(width, 'm', 's', 'r', p)}
            }
            function substitute(s, c) -> next {
                next := add(c, ${bytes})
                for { } lt(c, next) { c := add(c, 32) s := add(s, 32) } {
                    mstore(s, add(power5(mload(s)), mload(c)))
                }
            }
            function mix(m, s, to) {
                for { let end := add(to, ${bytes}) } lt(to, end) { to := add(to, 32) m := add(m, ${bytes}) } {
                    mstore(to, row(m, s))
                }
            }
            let s := state
            let other := add(state, ${bytes})
            let c := table
            for { let i := 0 } lt(i, ${bytes}) { i := add(i, 32) } {
                mstore(add(s, i), add(mload(add(s, i)), mload(add(c, i))))
            }
            c := add(c, ${bytes})
            for { let r := 0 } lt(r, ${fullHalf}) { r := add(r, 1) } {
                c := substitute(s, c)
                mix(add(table, ${matrix}), s, other)
                let swap := s
                s := other
                other := swap
            }
            c := substitute(s, c)
            mix(add(table, ${matrix + 32 * width * width}), s, other)
            s := other
            let m := add(table, ${sparse})
            for { let end := add(m, ${partialRounds * 32 * (2 * width - 1)}) } lt(m, end) { m := add(m, ${32 * (2 * width - 1)}) } {
                let x := add(power5(mload(s)), mload(c))
                c := add(c, 32)
                mstore(s, x)
                let first := row(m, s)
                mstore(s, first)
${sparseLines(width, p)}
            }
            other := add(sub(add(state, state), s), ${bytes})
            for { let r := 0 } lt(r, ${fullHalf}) { r := add(r, 1) } {
                c := substitute(s, c)
                mix(add(table, ${matrix}), s, other)
                let swap := s
                s := other
                other := swap
            }
            for { let i := 0 } lt(i, ${bytes}) { i := add(i, 32) } {
                mstore(add(s, i), power5(mload(add(s, i))))
            }
            result := row(add(table, ${matrix}), s)
        }
    }
`
}

/** A sum of products. A product is below p and 5 p below 2^256, so every fourth addition reduces. */
function dotLines(width: number, m: string, s: string, to: string, p: string): string {
  return Array.from({ length: width }, (_, j) => {
    const at = (base: string) => (j === 0 ? `mload(${base})` : `mload(add(${base}, ${32 * j}))`)
    const product = `mulmod(${at(m)}, ${at(s)}, ${p})`
    if (j === 0) return `                ${to} := ${product}`
    const reduces = j % 4 === 0 || j === width - 1
    return `                ${to} := ${reduces ? `addmod(${to}, ${product}, ${p})` : `add(${to}, ${product})`}`
  }).join('\n')
}

/** A partial round: every element but the first gets its multiple of what the first was. */
function sparseLines(width: number, p: string): string {
  return Array.from({ length: width - 1 }, (_, k) => {
    const at = `add(s, ${32 * (k + 1)})`
    const product = `mulmod(x, mload(add(m, ${32 * (width + k)})), ${p})`
    return `                mstore(${at}, addmod(mload(${at}), ${product}, ${p}))`
  }).join('\n')
}

function hex(value: bigint): string {
  return `0x${value.toString(16).padStart(64, '0')}`
}
