import { InputError } from '../../protocol/errors.ts'
import type { AccountMargin } from '../accounts.ts'

/** Who plays in the demo: indices into the book. */
export interface Cast {
  /** At or above IM, with positions if any such account has some. */
  readonly healthy: number
  /** Below MM; solvent if any such account is. */
  readonly distressed: number
}

/** @throws InputError when the book has nobody for a part */
export function chooseCast(accounts: readonly AccountMargin[]): Cast {
  const healthy = firstOf(accounts, [
    ({ margin, entry }) => margin.tier === 'healthy' && entry.account.positions.length > 1,
    ({ margin }) => margin.tier === 'healthy',
  ])
  const distressed = firstOf(accounts, [
    ({ margin }) => margin.tier === 'fullLiquidation',
    ({ margin }) => margin.tier === 'insolvent',
  ])
  if (healthy === undefined) throw missing('at or above its initial margin')
  if (distressed === undefined) throw missing('below its maintenance margin')
  return { healthy, distressed }
}

function firstOf(
  accounts: readonly AccountMargin[],
  wishes: readonly ((account: AccountMargin) => boolean)[],
): number | undefined {
  for (const wish of wishes) {
    const index = accounts.findIndex(wish)
    if (index >= 0) return index
  }
  return undefined
}

function missing(what: string): InputError {
  return new InputError(`the demo needs an account that is ${what}, and this book has none`, {
    field: '--book',
  })
}
