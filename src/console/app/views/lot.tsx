import type { LotSummary } from '../data/types.ts'
import { percentOfBps, usdOfLots } from '../format.ts'
import { Fact } from '../parts/common.tsx'
import { listed, underlyingName } from './underlyings.ts'

/** What everybody may know of a lot. Greeks are P&L at the small shocks, in 64ths of the escrow: signs and sizes, no legs. */
export function Lot({ lot }: { readonly lot: LotSummary }) {
  const { percent, isHedge, health, isInsolvent, carryLots, reliefLots, capBps, feeBps, round } = lot
  const greeks = listed(lot.greeks, ({ delta, gamma, vega }) => [delta, gamma, vega])
  return (
    <>
      <dl class="facts">
        <Fact name="What is sold">{isHedge ? 'a hedge for the account' : `${percent}% of the account`}</Fact>
        <Fact name="Equity over maintenance margin">
          {isInsolvent
            ? 'below zero'
            : `${Math.floor((100 * health) / 64)}% to ${Math.ceil((100 * (health + 1)) / 64)}%`}
        </Fact>
        <Fact name="Escrow of a bid">{usdOfLots(carryLots)}</Fact>
        <Fact name="Margin freed: discount and fee are shares of it">at most {usdOfLots(reliefLots)}</Fact>
        <Fact name="Highest discount">{percentOfBps(capBps)}</Fact>
        <Fact name="Fee">{percentOfBps(feeBps)}</Fact>
        <Fact name="Proven on round">{round}</Fact>
      </dl>
      {greeks.length > 0 && (
        <table>
          <caption>P&amp;L of the lot at the small shocks, in 64ths of the escrow</caption>
          <thead>
            <tr>
              <th scope="col">Underlying</th>
              {['Delta', 'Gamma', 'Vega'].map((name) => (
                <th key={name} scope="col" class="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {greeks.map((row) => (
              <tr key={row.underlying}>
                <td>{underlyingName(row)}</td>
                <td class="number">{row.delta}</td>
                <td class="number">{row.gamma}</td>
                <td class="number">{row.vega}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}
