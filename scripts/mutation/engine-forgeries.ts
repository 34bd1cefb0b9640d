import { FIELD_MODULUS, toField } from '../../src/protocol/field.ts'
import { LOT_SUMMARY } from '../../src/protocol/liquidation.ts'
import type { Forgery } from './attempts.ts'

type Values = ReadonlyMap<string, bigint>

/** Where a field of the summary begins. */
function summaryBit(field: string): bigint {
  const place = LOT_SUMMARY.findIndex(([name]) => name === field)
  return 1n << BigInt(LOT_SUMMARY.slice(0, place).reduce((sum, [, bits]) => sum + bits, 0))
}

function withSummary(honest: Values, field: string, change: bigint): Values {
  return new Map([['summary', honest.get('summary')! + change * summaryBit(field)]])
}

/** Forgeries of the liquidation engine that need more than one disturbance, or the right one. */
export const ENGINE_FORGERIES: readonly Forgery[] = [
  {
    template: 'WideIds',
    name: 'an instrument whose place is outside the tree',
    inputs: (honest) => new Map([['id[3]', honest.get('id[3]')! + 64n]]),
  },
  {
    template: 'TwoWrites',
    name: 'an account as its own receiver',
    // Both stand in one group of eight, so the path after the first write is the other's.
    inputs: (honest) =>
      new Map([
        ['index[1]', honest.get('index[0]')!],
        ['leaf[2]', honest.get('leaf[1]')!],
      ]),
  },
  ...['from.beta', 'to.beta'].map(
    (left): Forgery => ({
      template: 'Conserved',
      name: `a lot minted under a ${left} that was chosen for it`,
      inputs: (honest) => (movesOnlyPerpetuals(honest) ? new Map([['toAfter[3]', 1_001n]]) : undefined),
      disturb: [{ left, spread: 'all', delta: (beta) => mintingBeta(left, beta) - beta }],
    }),
  ),
  {
    template: 'RiskFalls',
    name: 'a hedge that lowers no short gamma',
    inputs: (honest) => {
      if (honest.get('isSoft') !== 1n) return undefined
      return new Map([0, 1, 2].map((u) => [`shortGamma[1][${u}]`, honest.get(`shortGamma[0][${u}]`)!]))
    },
  },
  {
    template: 'LotSummary',
    name: 'a solvent account called insolvent',
    inputs: (honest) => (honest.get('solvent') === 1n ? withSummary(honest, 'insolvent', 1n) : undefined),
  },
  {
    template: 'LotSummary',
    name: 'a shortfall of a lot where there is none',
    inputs: (honest) => (honest.get('solvent') === 1n ? withSummary(honest, 'shortfallLots', 1n) : undefined),
  },
  {
    template: 'LotSummary',
    name: 'a health that is not the one that was checked',
    inputs: (honest) => withSummary(honest, 'health', 1n),
    disturb: [{ left: 'health.health', spread: 'all', delta: () => -1n }],
  },
]

/** The run in which 1,000 lots of instrument 4 are all that moves. */
function movesOnlyPerpetuals(honest: Values): boolean {
  const expected = { 'fromId[3]': 4n, 'fromBefore[3]': 1_000n, 'fromAfter[3]': 0n, 'toAfter[3]': 1_000n }
  return Object.entries({ ...expected, 'fromBefore[2]': 0n }).every(([name, v]) => honest.get(name) === v)
}

/** The other side's beta under which 1,000 lots and 1,001 lots of instrument 4 come to the same. */
function mintingBeta(left: string, beta: bigint): bigint {
  const [mine, others] = left === 'from.beta' ? [1_000n, 1_001n] : [1_001n, 1_000n]
  return toField(mine * inverse(others) * (beta + 4n) - 4n)
}

function inverse(value: bigint): bigint {
  let [result, base] = [1n, value]
  for (let exponent = FIELD_MODULUS - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % FIELD_MODULUS
    base = (base * base) % FIELD_MODULUS
  }
  return result
}
