/**
 * What a context signal binds its proof to, one domain for each kind of call, so that no proof made for one serves as
 * another's. Each separates its keccak-256 from every other in use.
 */
export const CONTEXT_DOMAINS = {
  margin: 'tacit.margin.context.v1',
  lot: 'tacit.lot.context.v1',
  transfer: 'tacit.transfer.context.v1',
  deposit: 'tacit.deposit.context.v1',
  withdrawal: 'tacit.withdrawal.context.v1',
  cover: 'tacit.cover.context.v1',
  epoch: 'tacit.epoch.context.v1',
} as const

export type ContextDomain = keyof typeof CONTEXT_DOMAINS
