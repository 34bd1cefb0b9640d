import type { LotSummary } from '../data/types.ts'
import { percentOfBps, usdOfLots } from '../format.ts'
import { Fact } from '../parts/common.tsx'

/** What everybody may know of a lot. Greeks are P&L at the small shocks, in 64ths of the escrow: signs and sizes, no legs. */
export function Lot({ lot }: { readonly lot: LotSummary }) {
  const { percent, health, isInsolvent, carryLots, reliefLots, capBps, feeBps, greeks, round } = lot
  return (
    <>
      <dl class="facts">
        <Fact name="Part of the account">{percent}%</Fact>
        <Fact name="Equity over maintenance margin">
          {isInsolvent
            ? 'below zero'
            : `${Math.floor((100 * health) / 64)}% to ${Math.ceil((100 * (health + 1)) / 64)}%`}
        </Fact>
        <Fact name="Escrow of a bid">{usdOfLots(carryLots)}</Fact>
        <Fact name="Discount is of at most">{usdOfLots(reliefLots)}</Fact>
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
            {greeks.map(({ underlying, symbol, delta, gamma, vega }) => (
              <tr key={underlying}>
                <td>{symbol ?? `Underlying ${underlying + 1}`}</td>
                <td class="number">{delta}</td>
                <td class="number">{gamma}</td>
                <td class="number">{vega}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}
