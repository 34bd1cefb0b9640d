import type { Forgery } from './attempts.ts'

/** Forgeries that need more than one disturbance, or the right one. */
export const FORGERIES: readonly Forgery[] = [
  {
    template: 'CanonicalSlots',
    name: 'an instrument whose place is outside the tree',
    inputs: (honest) =>
      honest.get('quantity[3]') === 0n ? undefined : new Map([['id[3]', honest.get('id[3]')! + 512n]]),
  },
  {
    template: 'CanonicalSlots',
    name: 'a listed id with no quantity, called padding',
    inputs: (honest) => (honest.get('quantity[0]') === 0n ? undefined : new Map([['quantity[0]', 0n]])),
    disturb: [{ left: 'used[i]', spread: 'first', delta: () => -1n }],
  },
  {
    template: 'CanonicalSlots',
    name: 'a quantity of nothing: padding that is not empty',
    inputs: (honest) => (honest.get('quantity[0]') === 0n ? new Map([['quantity[0]', 1n]]) : undefined),
    disturb: [{ left: 'inverse[i]', spread: 'first', delta: () => -1n }],
  },
]
