import type { Threshold } from '../../protocol/claims.ts'
import type { MarginResult } from '../../risk/margin.ts'
import type { Row } from './figures.ts'
import { floorDivide, usd } from './text.ts'

/** What an owner is shown of their own account: never anybody else's business. */
export type OwnFigures = Pick<MarginResult, 'equityNano' | 'requirementNano' | 'tier'>

/** From the strongest claim to the weakest. */
export const COVERAGE: readonly { readonly threshold: Threshold; readonly name: string }[] = [
  { threshold: 'im', name: 'its initial margin (IM)' },
  { threshold: 'soft', name: 'its soft-liquidation level (SOFT)' },
  { threshold: 'mm', name: 'its maintenance margin (MM)' },
  { threshold: 'zero', name: 'zero: it is solvent' },
]

export function ownRows(figures: OwnFigures): Row[] {
  const { equityNano, requirementNano, tier } = figures
  const amount = (label: string, nano: bigint) => ({ label, value: `${usd(nano)} USD` })
  return [
    amount('Equity', equityNano),
    amount('Initial margin (IM)', requirementNano.im),
    amount('Soft-liquidation level (SOFT)', requirementNano.soft),
    amount('Maintenance margin (MM)', requirementNano.mm),
    { label: 'Health (equity / MM)', value: healthText(figures) },
    { label: 'Tier', value: tier.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) },
  ]
}

/** In percent of the maintenance margin, rounded down. */
function healthText({ equityNano, requirementNano }: OwnFigures): string {
  if (requirementNano.mm === 0n) return 'no margin is required'
  return `${floorDivide(100n * equityNano, requirementNano.mm).toLocaleString('en-US')}%`
}

/** Exact: equity is at or above a threshold exactly when it is at or above the one rounded up to nano-USD. */
export function isCovered({ equityNano, requirementNano }: OwnFigures, threshold: Threshold): boolean {
  return equityNano >= requirementNano[threshold]
}
