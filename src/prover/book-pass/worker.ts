/**
 * A worker process of a book pass: its own engine, one proof at a time, nothing written. It ends with the process that
 * started it. Boundary module.
 */
import { TacitError, ToolError } from '../../protocol/errors.ts'
import { CircuitProver } from '../circuit-prover.ts'
import type { OpenMessage, PassCircuit, ProveMessage, WorkerMessage, WorkerReply } from './messages.ts'

let opened: OpenMessage | undefined
const provers = new Map<PassCircuit, Promise<CircuitProver>>()

// Nobody waits for the proof any more.
process.once('disconnect', () => process.exit(1))
process.on('message', (message: WorkerMessage) => {
  if (message.kind === 'open') opened = message
  else void prove(message).then((reply) => process.send?.(reply))
})

async function prove({ circuit, inputs, expected }: ProveMessage): Promise<WorkerReply> {
  try {
    const { proof, publicSignals } = await (await proverOf(circuit)).prove(inputs, expected)
    return { kind: 'proof', proof, publicSignals }
  } catch (error) {
    const failure = error instanceof TacitError ? error : new ToolError(String(error))
    return { kind: 'error', code: failure.code, message: failure.message }
  }
}

function proverOf(circuit: PassCircuit): Promise<CircuitProver> {
  let prover = provers.get(circuit)
  if (prover === undefined) {
    if (opened === undefined) throw new ToolError('the worker was given no circuits')
    prover = CircuitProver.open(opened.artifacts[circuit], opened.backend)
    provers.set(circuit, prover)
  }
  return prover
}
