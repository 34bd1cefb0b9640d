import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CHAIN_TOTALS } from '../protocol/chain-totals.ts'
import { THRESHOLD_CODES, THRESHOLDS } from '../protocol/claims.ts'
import { DOMAIN_TAGS } from '../protocol/domains.ts'
import { type EngineCircuit, engineInstanceName, type MarginInstance } from '../protocol/instances.ts'
import {
  ADJUST_CHANGE,
  CASH_ID,
  CASH_LOT_NANO,
  COARSE_SHARE,
  DISCOUNT_BIAS_BPS,
  ENGINE_SIGNALS,
  GREEK_UNIT_BITS,
  HEALTH_PARTS,
  KEPT_LEAVES,
  KEPT_PLACES,
  LOT_SUMMARY,
  LOT_TERMS,
  TRANSFER_PLACES,
  TRANSFER_TERMS,
  WHOLE_PERCENT,
} from '../protocol/liquidation.ts'
import * as liquidationRanges from '../protocol/liquidation-ranges.ts'
import type { WordFields } from '../protocol/packed-word.ts'
import { PARAMETER_FIELDS } from '../protocol/parameters.ts'
import {
  BASIS_POINTS,
  BOOK_REQUIREMENT_BITS,
  BOOK_TOTAL_BITS,
  COUNT_BITS,
  DIGIT_BITS,
  INSTRUMENT_ID_BITS,
  LIMB_RADIX_BITS,
  PLACE_BITS,
  QUANTITY_BITS,
  REQUIREMENT_BITS,
  SHARE_BPS_BITS,
  SLOT_BITS,
  SLOTS_PER_ELEMENT,
  SOFT_REQUIREMENT_BITS,
  TOTAL_BITS,
} from '../protocol/ranges.ts'
import {
  DIMS,
  FIRST_GREEK_DIM,
  FIRST_SCENARIO_DIM,
  GREEKS,
  RATE_ELEMENTS,
  SCENARIOS,
  UNDERLYINGS,
  VECTOR_ELEMENTS,
} from '../protocol/risk-layout.ts'
import { MARGIN_SIGNALS } from '../protocol/signals.ts'

/**
 * Writes the Circom side of the one source: protocol.circom (every constant as a function) and one main file per
 * instance. Boundary module: writes below the folder that it is given, nothing else.
 */
const CONSTANTS: Readonly<Record<string, bigint | number>> = {
  QUANTITY_BITS,
  LIMB_RADIX_BITS,
  DIGIT_BITS,
  TOTAL_BITS,
  INSTRUMENT_ID_BITS,
  PLACE_BITS,
  SLOT_BITS,
  SLOTS_PER_ELEMENT,
  BASIS_POINTS,
  SHARE_BPS_BITS,
  REQUIREMENT_BITS,
  SOFT_REQUIREMENT_BITS,
  COUNT_BITS,
  BOOK_TOTAL_BITS,
  BOOK_REQUIREMENT_BITS,
  UNDERLYINGS,
  SCENARIOS,
  DIMS,
  FIRST_GREEK_DIM,
  FIRST_SCENARIO_DIM,
  RATE_ELEMENTS,
  VECTOR_ELEMENTS,
  CASH_ID,
  CASH_LOT_NANO,
  WHOLE_PERCENT,
  KEPT_LEAVES,
  HEALTH_PARTS,
  COARSE_SHARE,
  GREEK_UNIT_BITS,
  DISCOUNT_BIAS_BPS,
  // By name: a bundler or a test runner gives a module's exports in an order of its own, and another text is another circuit to
  // the cache.
  ...Object.fromEntries(Object.entries(liquidationRanges).sort(([a], [b]) => (a < b ? -1 : 1))),
}

/** Public words of the liquidation engine whose fields circuits take by name. */
const WORDS: Readonly<Record<string, WordFields<string>>> = {
  LOT_TERMS,
  LOT_SUMMARY,
  TRANSFER_PLACES,
  TRANSFER_TERMS,
  ADJUST_CHANGE,
  KEPT_PLACES,
}

/** The text of protocol.circom. */
export function circomProtocol(): string {
  const parameterWidths = PARAMETER_FIELDS.map(([, bits]) => bits)
  const parameterOffsets = parameterWidths.map((_, i) =>
    parameterWidths.slice(0, i).reduce((a, b) => a + b, 0),
  )
  const lines = [
    'pragma circom 2.1.9;',
    '',
    '// Generated from src/protocol by src/prover/generate.ts. Not to be edited.',
    '',
    ...Object.entries(CONSTANTS).map(([name, value]) => constant(name, value)),
    constant('GREEK_DIMS', GREEKS.length * UNDERLYINGS),
    constant('CHAIN_TOTALS', CHAIN_TOTALS),
    constant(
      'PARAMETERS_BITS',
      parameterWidths.reduce((a, b) => a + b, 0),
    ),
    table('PARAMETERS_OFFSET', parameterOffsets),
    table('PARAMETERS_WIDTH', parameterWidths),
    table(
      'THRESHOLD_CODE',
      THRESHOLDS.map((name) => THRESHOLD_CODES[name]),
    ),
    ...Object.entries(WORDS).flatMap(([name, fields]) => word(name, fields)),
    ...Object.entries(DOMAIN_TAGS).map(([domain, tag]) => constant(`TAG_${domain}`, tag)),
  ]
  return `${lines.join('\n')}\n`
}

/** The main file of one margin instance. */
export function circomMarginMain(instance: MarginInstance): string {
  return [
    'pragma circom 2.1.9;',
    '',
    '// Generated from src/protocol/instances.ts by src/prover/generate.ts. Not to be edited.',
    'include "margin/margin.circom";',
    '',
    `component main {public [${MARGIN_SIGNALS.join(', ')}]} =`,
    `    Margin(${instance.slots}, ${instance.riskLevels}, ${instance.accountLevels});`,
    '',
  ].join('\n')
}

/** The main file of one circuit of the liquidation engine, in the size of a margin instance. */
export function circomEngineMain(circuit: EngineCircuit, instance: MarginInstance): string {
  const { slots, riskLevels, accountLevels } = instance
  const template = `${circuit[0]!.toUpperCase()}${circuit.slice(1)}`
  const parameters = circuit === 'kept' ? [accountLevels] : [slots, riskLevels, accountLevels]
  return [
    'pragma circom 2.1.9;',
    '',
    '// Generated from src/protocol by src/prover/generate.ts. Not to be edited.',
    `include "engine/${circuit}.circom";`,
    '',
    `component main {public [${ENGINE_SIGNALS[circuit].join(', ')}]} =`,
    `    ${template}(${parameters.join(', ')});`,
    '',
  ].join('\n')
}

/** Writes protocol.circom and the main file of an engine circuit below folder; returns the main file's path. */
export function writeEngineSources(folder: string, circuit: EngineCircuit, instance: MarginInstance): string {
  writeIfChanged(join(folder, 'protocol.circom'), circomProtocol())
  const main = join(folder, `${engineInstanceName(circuit, instance)}.circom`)
  writeIfChanged(main, circomEngineMain(circuit, instance))
  return main
}

/** Writes protocol.circom and the instance's main file below folder; returns the main file's path. */
export function writeMarginSources(folder: string, instance: MarginInstance): string {
  writeIfChanged(join(folder, 'protocol.circom'), circomProtocol())
  const main = join(folder, `${instance.name}.circom`)
  writeIfChanged(main, circomMarginMain(instance))
  return main
}

export function constant(name: string, value: bigint | number): string {
  return `function ${name}() { return ${value}; }`
}

function table(name: string, values: readonly number[]): string {
  return `function ${name}(i) { var values[${values.length}] = [${values.join(', ')}]; return values[i]; }`
}

/** A public word: how many fields, their widths, and the number of each field by name. */
export function word(name: string, fields: WordFields<string>): string[] {
  const widths = fields.map(([, bits]) => bits)
  return [
    constant(`${name}_FIELDS`, fields.length),
    `function ${name}_WIDTHS() { var values[${widths.length}] = [${widths.join(', ')}]; return values; }`,
    ...fields.map(([field], index) => constant(`${name}_${constantName(field)}`, index)),
  ]
}

/** feeLots reads FEE_LOTS. */
function constantName(field: string): string {
  return field.replaceAll(/[A-Z0-9]/g, (letter) => `_${letter}`).toUpperCase()
}

export function writeIfChanged(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.${createHash('sha256').update(text).digest('hex').slice(0, 8)}.${process.pid}`
  writeFileSync(temporary, text)
  renameSync(temporary, path)
}
