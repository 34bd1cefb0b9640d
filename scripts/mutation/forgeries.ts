import type { Forgery } from './attempts.ts'
import { ENGINE_FORGERIES } from './engine-forgeries.ts'

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
  {
    template: 'Margin',
    name: 'a tag of another secret than the leaf has',
    disturb: [{ left: 'accountTag.secret', spread: 'all', delta: () => 1n }],
    follow: [{ input: 'tag', signal: 'accountTag.tag' }],
  },
  {
    template: 'Margin',
    name: 'a leaf of another secret than the tag has',
    inputs: (honest) => new Map([['secret', honest.get('secret')! + 1n]]),
    disturb: [{ left: 'leaf.secret', spread: 'all', delta: () => -1n }],
    follow: [{ input: 'tag', signal: 'accountTag.tag' }],
  },
  {
    template: 'Margin',
    name: 'a claim on flags that are not the margin',
    inputs: (honest) => (honest.get('select[0]') === 1n ? new Map() : undefined),
    disturb: [{ left: 'code.atLeast', spread: 'first', delta: (value) => 1n - 2n * value }],
    follow: [{ input: 'claim', signal: 'code.claim' }],
  },
  ...ENGINE_FORGERIES,
]
