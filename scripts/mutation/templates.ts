import { CHAIN_TOTALS } from '../../src/protocol/chain-totals.ts'
import type { EngineCircuit } from '../../src/protocol/instances.ts'
import * as ranges from '../../src/protocol/ranges.ts'
import * as layout from '../../src/protocol/risk-layout.ts'

/** The input through which a forging program is told what to disturb. */
export const FORGE_INPUT = 'tacitForge'

/** The whole circuit that honest inputs are taken from: every kind of level occurs in it. */
export const FULL = { slots: 4, riskLevels: 3, accountLevels: 2 }

/** One template as a main of its own. */
export interface Harness {
  readonly template: string
  readonly file: string
  /** Arguments as circom text. */
  readonly arguments: string
  /** Values of the template's parameters and of variables that loops start from. */
  readonly variables: Readonly<Record<string, number>>
  /** Protocol functions that indices use. */
  readonly functions: Readonly<Record<string, () => number>>
  /** The full circuit whose honest runs this template's inputs are taken from. */
  readonly circuit: 'margin' | EngineCircuit
  /** Components of the full circuit whose inputs are honest inputs here; none: any inputs are. */
  readonly instances: readonly string[]
  /** How many different honest inputs are forged from: fewer where a run hashes much. */
  readonly bases: number
}

export const functions = {
  DIMS: () => layout.DIMS,
  SCENARIOS: () => layout.SCENARIOS,
  RATE_ELEMENTS: () => layout.RATE_ELEMENTS,
  VECTOR_ELEMENTS: () => layout.VECTOR_ELEMENTS,
  FIRST_SCENARIO_DIM: () => layout.FIRST_SCENARIO_DIM,
  FIRST_GREEK_DIM: () => layout.FIRST_GREEK_DIM,
  UNDERLYINGS: () => layout.UNDERLYINGS,
  PLACE_BITS: () => ranges.PLACE_BITS,
  SLOTS_PER_ELEMENT: () => ranges.SLOTS_PER_ELEMENT,
  CHAIN_TOTALS: () => CHAIN_TOTALS,
}

const { slots, riskLevels, accountLevels } = FULL

export function harness(
  file: string,
  template: string,
  parameters: readonly (number | string)[],
  instances: readonly string[],
  variables: Readonly<Record<string, number>> = {},
): Harness {
  const hashesMuch = ['Margin', 'PortfolioMargin', 'ListedVectors'].includes(template)
  return {
    template,
    file,
    arguments: parameters.join(', '),
    variables,
    functions,
    circuit: 'margin',
    instances,
    bases: hashesMuch ? 2 : 8,
  }
}

export const MARGIN_HARNESSES: readonly Harness[] = [
  harness('lib/range.circom', 'RangeCheck', [ranges.TOTAL_BITS], ['margin.state.requirement.worstMmRange']),
  harness(
    'lib/range.circom',
    'IsNonNegative',
    [ranges.TOTAL_BITS],
    ['margin.state.requirement.greeks.isUnhedged[0]'],
    {
      n: ranges.TOTAL_BITS,
    },
  ),
  harness('lib/hash.circom', 'FifthPower', [], []),
  harness('lib/hash.circom', 'TaggedHash', [2, 'TAG_ACCOUNT_SALT()'], [], { half: 4, n: 2, t: 3 }),
  harness('lib/select.circom', 'Select', [3], ['inclusion.path.chosen[0]'], { n: 3, base: 0 }),
  harness('lib/tree.circom', 'OctaryPath', [accountLevels, 'TAG_BOOK_NODE()'], ['inclusion.path'], {
    levels: accountLevels,
  }),
  harness(
    'margin/limbs.circom',
    'SeparateLimbs',
    [],
    ['margin.state.requirement.limbs[3]', 'margin.state.requirement.chargeLimbs'],
  ),
  harness('margin/parameters.circom', 'UnpackParameters', [], ['unpacked']),
  harness('margin/slots.circom', 'CanonicalSlots', [slots, riskLevels], ['margin.canonical'], {
    slots,
    riskLevels,
  }),
  harness('margin/vectors.circom', 'RiskTop', [], ['top']),
  harness('margin/vectors.circom', 'ListedVector', [riskLevels], ['margin.listed.listed[3]'], {
    riskLevels,
  }),
  harness('margin/vectors.circom', 'ListedVectors', [slots, riskLevels], ['margin.listed'], {
    slots,
    riskLevels,
  }),
  harness('margin/vectors.circom', 'WeightedVectors', [slots], ['margin.state.weighted'], { slots }),
  harness('margin/greeks.circom', 'GreeksTerm', [], ['margin.state.requirement.greeks']),
  harness('margin/requirement.circom', 'Requirement', [], ['margin.state.requirement']),
  harness('margin/margin-of.circom', 'MarginOf', [slots], ['margin.state'], { slots }),
  harness('margin/thresholds.circom', 'Thresholds', [], ['margin.thresholds']),
  harness('margin/account.circom', 'AccountTag', [], []),
  harness('margin/account.circom', 'AccountLeaf', [slots], [], { slots, elements: 2, groups: 0 }),
  harness('margin/account.circom', 'AccountLeaf', [64], [], { slots: 64, elements: 22, groups: 2, size: 11 }),
  harness('margin/account.circom', 'BookInclusion', [accountLevels], ['inclusion'], {
    levels: accountLevels,
  }),
  harness('margin/chain.circom', 'Fingerprint', [slots], ['fingerprint'], { slots }),
  harness('margin/chain.circom', 'ChainState', [], []),
  harness('margin/chain.circom', 'StepTotals', [], ['step']),
  harness('margin/margin.circom', 'PortfolioMargin', [slots, riskLevels], ['margin'], { slots, riskLevels }),
  harness('margin/margin.circom', 'ClaimCode', [], ['code']),
  harness('margin/margin.circom', 'Margin', [slots, riskLevels, accountLevels], [''], {
    slots,
    riskLevels,
    accountLevels,
  }),
]
