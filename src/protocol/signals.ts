/** The public signals of the margin circuit, in the order of the proof. Circom and Solidity are checked against it. */
export const MARGIN_SIGNALS = [
  'bookRoot',
  'riskRoot',
  'parameters',
  'claim',
  'tag',
  'chainIn',
  'chainOut',
  'context',
] as const

export type MarginSignal = (typeof MARGIN_SIGNALS)[number]
export type MarginSignals = Readonly<Record<MarginSignal, bigint>>

export function marginSignalsToArray(signals: MarginSignals): bigint[] {
  return MARGIN_SIGNALS.map((name) => signals[name])
}

export function marginSignalsFromArray(values: readonly bigint[]): MarginSignals {
  if (values.length !== MARGIN_SIGNALS.length) {
    throw new RangeError(`a margin proof has ${MARGIN_SIGNALS.length} public signals, not ${values.length}`)
  }
  return Object.fromEntries(MARGIN_SIGNALS.map((name, index) => [name, values[index]!])) as MarginSignals
}
