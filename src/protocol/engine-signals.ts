import type { EngineCircuit } from './instances.ts'
import { ENGINE_SIGNALS } from './liquidation.ts'

/** The signals of one circuit by name: EngineSignals<'lot'>. */
export type EngineSignals<Circuit extends EngineCircuit> = Readonly<
  Record<(typeof ENGINE_SIGNALS)[Circuit][number], bigint>
>
export type LotSignals = EngineSignals<'lot'>
export type TransferSignals = EngineSignals<'transfer'>
export type AdjustSignals = EngineSignals<'adjust'>
export type KeptSignals = EngineSignals<'kept'>

/** Signals in the order of the proof. */
export function engineSignalsToArray<Circuit extends EngineCircuit>(
  circuit: Circuit,
  signals: EngineSignals<Circuit>,
): bigint[] {
  const names: readonly (keyof EngineSignals<Circuit>)[] = ENGINE_SIGNALS[circuit]
  return names.map((name) => signals[name])
}

/** The inverse of engineSignalsToArray. Throws RangeError for another number of signals. */
export function engineSignalsFromArray<Circuit extends EngineCircuit>(
  circuit: Circuit,
  values: readonly bigint[],
): EngineSignals<Circuit> {
  const names: readonly string[] = ENGINE_SIGNALS[circuit]
  if (values.length !== names.length) {
    throw new RangeError(`a ${circuit} proof has ${names.length} public signals, not ${values.length}`)
  }
  return Object.fromEntries(names.map((name, index) => [name, values[index]!])) as EngineSignals<Circuit>
}

export function lotSignalsToArray(signals: LotSignals): bigint[] {
  return engineSignalsToArray('lot', signals)
}

export function lotSignalsFromArray(values: readonly bigint[]): LotSignals {
  return engineSignalsFromArray('lot', values)
}

export function transferSignalsToArray(signals: TransferSignals): bigint[] {
  return engineSignalsToArray('transfer', signals)
}

export function transferSignalsFromArray(values: readonly bigint[]): TransferSignals {
  return engineSignalsFromArray('transfer', values)
}

export function adjustSignalsToArray(signals: AdjustSignals): bigint[] {
  return engineSignalsToArray('adjust', signals)
}

export function adjustSignalsFromArray(values: readonly bigint[]): AdjustSignals {
  return engineSignalsFromArray('adjust', values)
}

export function keptSignalsToArray(signals: KeptSignals): bigint[] {
  return engineSignalsToArray('kept', signals)
}

export function keptSignalsFromArray(values: readonly bigint[]): KeptSignals {
  return engineSignalsFromArray('kept', values)
}
