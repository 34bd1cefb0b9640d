import { parseReceipt } from '../../bundle/index.ts'
import { formatDecimal } from '../../fixed-point/decimal.ts'
import type { Hasher } from '../../protocol/poseidon.ts'
import { marginOf } from '../../risk/margin.ts'
import type { AccountJob, OwnAccount } from './messages.ts'
import { recomputeRound } from './round.ts'

/** What an owner's account is worth and needs, from its receipt and the round's raw data. Nothing of it leaves the worker's page. */
export function ownAccount(hasher: Hasher, { receipt: text, round: raw }: AccountJob): OwnAccount {
  const { account } = parseReceipt({ name: 'the receipt', text })
  const { matrix, snapshot } = recomputeRound(hasher, raw)
  const margin = marginOf(account.positions, matrix.vectors, matrix.parameters)
  const quotes = new Map(
    snapshot.instruments.map((quote) => [matrix.listing.bySymbol(quote.symbol)!.id, quote]),
  )
  const { mm, soft, im } = margin.requirementNano
  return {
    accountId: account.accountId,
    positions: account.positions.map(({ id, quantityLots }) => {
      const quote = quotes.get(id)
      const quantity =
        quote === undefined ? `${quantityLots} lots` : formatDecimal(quantityLots * quote.lotNano, 9)
      return { symbol: quote?.symbol ?? `instrument ${id}`, quantity }
    }),
    tier: margin.tier,
    equityNano: `${margin.equityNano}`,
    requirementsNano: { mm: `${mm}`, soft: `${soft}`, im: `${im}` },
  }
}
