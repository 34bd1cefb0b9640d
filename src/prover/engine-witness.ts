import type { EngineSignals } from '../protocol/engine-signals.ts'
import type { EngineCircuit } from '../protocol/instances.ts'
import type { CircuitInputs } from './margin-inputs.ts'

/** Checked inputs of one circuit of the liquidation engine, with the signals that its proof will state. */
export interface EngineWitness<Circuit extends EngineCircuit> {
  readonly circuit: Circuit
  readonly inputs: CircuitInputs
  readonly signals: EngineSignals<Circuit>
}
