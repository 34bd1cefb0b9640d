import {
  ADJUST_CHANGE,
  ADJUST_SIGNALS,
  KEPT_PLACES,
  KEPT_SIGNALS,
  LOT_SIGNALS,
  LOT_SUMMARY,
  LOT_TERMS,
  TRANSFER_PLACES,
  TRANSFER_SIGNALS,
  TRANSFER_TERMS,
} from '../protocol/liquidation.ts'
import {
  ACTIVITY_AMOUNTS,
  ACTIVITY_FIGURE,
  ACTIVITY_PRICES,
  AVERAGE_WORD,
  CHARGES_WORD,
  EXPIRY_FORWARD,
  GREEK_SHOCK_WORD,
  INSTRUMENT_HALT,
  INSTRUMENT_MARK,
  LISTED_INSTRUMENT,
  ROUND_SCALES,
  ROUND_SPOTS,
  SHOCK_WORD,
  VOLATILITY_WORD,
} from '../protocol/oracle-words.ts'
import type { WordFields } from '../protocol/packed-word.ts'
import { MARGIN_SIGNALS } from '../protocol/signals.ts'
import { GAUGE_WORD, LIQUIDITY_WORD, SEAL_SIGNALS } from '../protocol/solvency.ts'
import { solidityHeader } from './generate-protocol.ts'

/**
 * One Solidity library for the public signals of each circuit and for each packed word among them, as text, so that no
 * contract counts positions or bits. Pure; build.ts writes it.
 */

/** Library name -> the signals of a circuit, in the order of its proofs. */
export const SIGNAL_LIBRARIES = {
  MarginSignals: MARGIN_SIGNALS,
  LotSignals: LOT_SIGNALS,
  TransferSignals: TRANSFER_SIGNALS,
  AdjustSignals: ADJUST_SIGNALS,
  KeptSignals: KEPT_SIGNALS,
  SealSignals: SEAL_SIGNALS,
} as const satisfies Readonly<Record<string, readonly string[]>>

/** Library name -> the fields of a packed word, from its least significant bit. */
export const WORD_LIBRARIES = {
  LotTerms: LOT_TERMS,
  LotSummary: LOT_SUMMARY,
  TransferTerms: TRANSFER_TERMS,
  TransferPlaces: TRANSFER_PLACES,
  AdjustChange: ADJUST_CHANGE,
  KeptPlaces: KEPT_PLACES,
  GaugeWord: GAUGE_WORD,
  LiquidityWord: LIQUIDITY_WORD,
  ListedInstrument: LISTED_INSTRUMENT,
  RoundSpots: ROUND_SPOTS,
  RoundScales: ROUND_SCALES,
  ActivityPrices: ACTIVITY_PRICES,
  ActivityFigure: ACTIVITY_FIGURE,
  ActivityAmounts: ACTIVITY_AMOUNTS,
  AverageWord: AVERAGE_WORD,
  ExpiryForward: EXPIRY_FORWARD,
  InstrumentMark: INSTRUMENT_MARK,
  InstrumentHalt: INSTRUMENT_HALT,
  VolatilityWord: VOLATILITY_WORD,
  GreekShockWord: GREEK_SHOCK_WORD,
  ChargesWord: CHARGES_WORD,
  ShockWord: SHOCK_WORD,
} as const satisfies Readonly<Record<string, WordFields<string>>>

/** Every library's text by its name. */
export function solidityLibraries(): Readonly<Record<string, string>> {
  return {
    ...mapValues(SIGNAL_LIBRARIES, signalLibrary),
    ...mapValues(WORD_LIBRARIES, wordLibrary),
  }
}

function signalLibrary(library: string, names: readonly string[]): string {
  const accessors = names.map(
    (name, index) =>
      `    function ${name}(uint256[${names.length}] calldata signals) internal pure returns (uint256) {\n` +
      `        return signals[${index}];\n    }`,
  )
  const circuit = library.replace('Signals', '').toLowerCase()
  return libraryText(library, `The public signals of a proof of the circuit ${circuit}, by name.`, [
    `    uint256 internal constant COUNT = ${names.length};`,
    ...accessors,
  ])
}

function wordLibrary(library: string, fields: WordFields<string>): string {
  const width = fields.reduce((sum, [, bits]) => sum + bits, 0)
  let offset = 0
  const accessors = fields.map(([name, bits]) => {
    const shifted = offset === 0 ? 'word' : `(word >> ${offset})`
    offset += bits
    return (
      `    function ${name}(uint256 word) internal pure returns (uint256) {\n` +
      `        return ${shifted} & ${(1n << BigInt(bits)) - 1n};\n    }`
    )
  })
  return libraryText(
    library,
    `A packed public word of ${width} bits: its fields, and the word of given fields.`,
    [
      `    uint256 internal constant BITS = ${width};`,
      '    error FieldTooWide();',
      packFunction(fields),
      ...accessors,
    ],
  )
}

/** The word of given fields; a field that does not fit would spill into its neighbour and reverts. */
function packFunction(fields: WordFields<string>): string {
  let offset = 0
  // One statement for each field: the compiler without its optimiser runs out of stack on one long expression.
  const terms = fields.map(([name, bits]) => {
    const term = offset === 0 ? `word = ${name}_;` : `word |= ${name}_ << ${offset};`
    offset += bits
    return `        ${term}`
  })
  const parameters = fields.map(([name]) => `uint256 ${name}_`).join(', ')
  const spills = fields.map(
    ([name, bits], index) => `        ${index === 0 ? 'uint256 spill =' : 'spill |='} ${name}_ >> ${bits};`,
  )
  return [
    `    function pack(${parameters}) internal pure returns (uint256 word) {`,
    ...spills,
    '        if (spill != 0) revert FieldTooWide();',
    ...terms,
    '    }',
  ].join('\n')
}

function libraryText(name: string, notice: string, parts: readonly string[]): string {
  const header = solidityHeader('generate-signals.ts')
  return `${header}/// @notice ${notice}\nlibrary ${name} {\n${parts.join('\n\n')}\n}\n`
}

function mapValues<T>(
  record: Readonly<Record<string, T>>,
  text: (name: string, value: T) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, text(name, value)]))
}
