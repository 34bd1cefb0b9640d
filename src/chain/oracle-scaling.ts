import { Contract, Interface } from 'ethers'
import type { SyntheticParameters } from '../oracle/oracle-parameters.ts'
import { UNDERLYINGS } from '../protocol/risk-layout.ts'
import { JUDGES } from './oracle-challenge.ts'
import type { OracleConnection } from './oracle-client.ts'
import { view } from './transactions.ts'

/** The parameters of the synthetic volatility as the scale judge holds them. Boundary module: network. */

/** ScaleRules of contracts/oracle/SyntheticVolatility.sol; the fields have the same names and order. */
const NUMBERS = [
  'fastHalfLifeSeconds',
  'slowHalfLifeSeconds',
  'decayHalfLifeSeconds',
  'maximumRiseBpsPerMinute',
  'maximumThinnessBps',
  'maximumScaleBps',
  'scaleStepBps',
  'firstIntervalSeconds',
] as const satisfies readonly (keyof SyntheticParameters)[]

const RULES = `tuple(int256[${UNDERLYINGS}] referenceVolNano, ${NUMBERS.map((name) => `int256 ${name}`).join(', ')})`
const SCALE_JUDGE = new Interface([`function rules() view returns (${RULES})`])

/** What the judge is deployed with. @param underlyings of the configuration, in its order. */
export function scaleRules(parameters: SyntheticParameters, underlyings: readonly string[]): unknown[] {
  const references = Array.from({ length: UNDERLYINGS }, (_, place) => {
    const symbol = underlyings[place]
    return symbol !== undefined && Object.hasOwn(parameters.referenceVolNano, symbol)
      ? parameters.referenceVolNano[symbol]
      : 0n
  })
  return [references, ...NUMBERS.map((name) => parameters[name])]
}

/** The judge's rules, its places named by symbols: what scales of this oracle's rounds follow by. */
export async function readScaleRules(
  { oracle, errors }: OracleConnection,
  underlyings: readonly string[],
): Promise<SyntheticParameters> {
  const judges = await view<string[]>(oracle, 'judges', [], errors)
  const judge = new Contract(judges[JUDGES.indexOf('scale')]!, SCALE_JUDGE, oracle.runner)
  const rules = await view<readonly [readonly bigint[], ...bigint[]]>(judge, 'rules', [], errors)
  const [references, ...numbers] = rules
  const of = (name: (typeof NUMBERS)[number]) => numbers[NUMBERS.indexOf(name)]!
  const named = underlyings.map((symbol, place) => [symbol, references[place] ?? 0n] as const)
  return {
    referenceVolNano: Object.fromEntries(named.filter(([, reference]) => reference !== 0n)),
    fastHalfLifeSeconds: Number(of('fastHalfLifeSeconds')),
    slowHalfLifeSeconds: Number(of('slowHalfLifeSeconds')),
    decayHalfLifeSeconds: Number(of('decayHalfLifeSeconds')),
    maximumRiseBpsPerMinute: of('maximumRiseBpsPerMinute'),
    maximumThinnessBps: of('maximumThinnessBps'),
    maximumScaleBps: of('maximumScaleBps'),
    scaleStepBps: of('scaleStepBps'),
    firstIntervalSeconds: Number(of('firstIntervalSeconds')),
  }
}
