import { SEAL_SIGNALS } from './solvency.ts'

export type SealSignal = (typeof SEAL_SIGNALS)[number]
export type SealSignals = Readonly<Record<SealSignal, bigint>>

/** Signals in the order of the proof. */
export function sealSignalsToArray(signals: SealSignals): bigint[] {
  return SEAL_SIGNALS.map((name) => signals[name])
}

/** The inverse of sealSignalsToArray. Throws RangeError for another number of signals. */
export function sealSignalsFromArray(values: readonly bigint[]): SealSignals {
  if (values.length !== SEAL_SIGNALS.length) {
    throw new RangeError(`a seal has ${SEAL_SIGNALS.length} public signals, not ${values.length}`)
  }
  return Object.fromEntries(SEAL_SIGNALS.map((name, index) => [name, values[index]!])) as SealSignals
}
