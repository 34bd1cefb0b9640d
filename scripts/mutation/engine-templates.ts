import type { EngineCircuit } from '../../src/protocol/instances.ts'
import * as liquidation from '../../src/protocol/liquidation.ts'
import * as liquidationRanges from '../../src/protocol/liquidation-ranges.ts'
import * as ranges from '../../src/protocol/ranges.ts'
import * as layout from '../../src/protocol/risk-layout.ts'
import { SMALL } from '../../test/support/engine-cases.ts'
import { functions, type Harness, harness } from './templates.ts'

/**
 * The templates that hold the rules of the liquidation engine. Those that only wire them together (LiquidatedSide,
 * Transfer and their like) are held by the tests of whole forged statements.
 */
const { slots, riskLevels, accountLevels } = SMALL
const greekDims = layout.GREEKS.length * layout.UNDERLYINGS
const divisor = ranges.BASIS_POINTS * ranges.BASIS_POINTS * liquidation.CASH_LOT_NANO

const engineFunctions: Readonly<Record<string, () => number>> = {
  ...functions,
  GREEK_DIMS: () => greekDims,
  KEPT_LEAVES: () => liquidation.KEPT_LEAVES,
}

function from(
  circuit: EngineCircuit,
  file: string,
  template: string,
  parameters: readonly (number | string)[],
  instances: readonly string[],
  variables: Readonly<Record<string, number>> = {},
): Harness {
  const made = harness(file, template, parameters, instances, { slots, riskLevels, ...variables })
  return { ...made, circuit, functions: engineFunctions }
}

export const ENGINE_HARNESSES: readonly Harness[] = [
  from('lot', 'lib/zero.circom', 'IsNonZero', [], ['side.step.moved[3].holds', 'side.step.moved[0].holds']),
  from('lot', 'lib/zero.circom', 'AreEqual', [], ['side.step.full', 'side.step.whole']),
  from(
    'transfer',
    'lib/divide.circom',
    'FlooredDivision',
    [`${divisor}`, liquidationRanges.PRICE_BITS, liquidationRanges.PRICE_REMAINDER_BITS],
    ['price.price'],
  ),
  from('lot', 'lib/word.circom', 'UnpackWord', ['LOT_TERMS_FIELDS()', 'LOT_TERMS_WIDTHS()'], ['word'], {
    fields: 3,
    total: 25,
  }),
  from(
    'lot',
    'engine/wide.circom',
    'SignedLots',
    [],
    ['wide.lotsBefore[3]', 'wide.lotsBefore[0]', 'side.step.moved[1]'],
  ),
  from('lot', 'engine/wide.circom', 'WideIds', [slots, riskLevels], ['wide.ids']),
  from('lot', 'engine/state.circom', 'CompactSlots', [slots, slots + 1], ['state.canonical'], {
    entries: slots + 1,
    first: 3,
    at: 0,
  }),
  from(
    'transfer',
    'engine/update.circom',
    'ReplacedChild',
    [],
    ['book.write[0].update.replaced[0]', 'book.write[1].update.replaced[0]'],
  ),
  from(
    'transfer',
    'engine/update.circom',
    'OctaryUpdate',
    [accountLevels, 'TAG_BOOK_NODE()'],
    ['book.write[0].update'],
    {
      levels: accountLevels,
    },
  ),
  from('transfer', 'engine/update.circom', 'BookUpdate', [accountLevels], ['book.write[0]'], {
    levels: accountLevels,
  }),
  from('transfer', 'engine/update.circom', 'BookRoot', [], []),
  from('transfer', 'engine/transfer.circom', 'TwoWrites', [accountLevels], ['book'], {
    levels: accountLevels,
  }),
  from('transfer', 'engine/transfer.circom', 'Conserved', [slots], ['conserved']),
  from('transfer', 'engine/move.circom', 'ModeFlags', [], ['mode']),
  from(
    'lot',
    'engine/move.circom',
    'TruncatedShare',
    [],
    ['side.step.share[1]', 'side.step.share[3]', 'side.step.shareLess[2]'],
  ),
  from('lot', 'engine/move.circom', 'Move', [slots], ['side.step']),
  from('lot', 'engine/costs.circom', 'RestoredAfterCosts', [], ['side.lesser']),
  from('lot', 'engine/liquidated.circom', 'RiskFalls', [], ['side.risk']),
  from('lot', 'engine/liquidated.circom', 'SliceCommitment', [slots], ['side.commitment'], { elements: 2 }),
  from('transfer', 'engine/pricing.circom', 'Price', [], ['price']),
  from('transfer', 'engine/receiver.circom', 'OnlyShrinks', [slots], ['receiver.shrinks', 'fromShrinks']),
  from('transfer', 'engine/receiver.circom', 'LeverageBand', [], ['receiver.leverage']),
  from(
    'lot',
    'engine/summary.circom',
    'CoarselyCovers',
    [`${liquidation.CASH_LOT_NANO}`],
    ['figures.shortfall'],
  ),
  from(
    'lot',
    'engine/summary.circom',
    'CoarselyCovered',
    [`${ranges.BASIS_POINTS * liquidation.CASH_LOT_NANO}`],
    ['figures.relieved'],
  ),
  from('lot', 'engine/summary.circom', 'Health', [], ['figures.health']),
  from('lot', 'engine/summary.circom', 'LotSummary', [], ['figures']),
  from('lot', 'engine/summary.circom', 'LotGreeks', [], ['shape']),
  from('adjust', 'engine/adjust.circom', 'ChangedEntry', [slots], ['changed']),
]
