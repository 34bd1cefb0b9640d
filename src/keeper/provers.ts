import type { MarginInstance } from '../protocol/instances.ts'
import { ENGINE_CIRCUITS, type EngineCircuit } from '../protocol/instances.ts'
import { type EngineArtifactsOptions, EngineProver } from '../prover/engine-circuits.ts'
import type { MarginProver } from '../prover/margin-prover.ts'
import type { BackendChoice } from '../prover/select-backend.ts'

/** Everything that a keeper proves with, opened once. Boundary module: threads and files. */
export type EngineProvers = { readonly [Circuit in EngineCircuit]: EngineProver<Circuit> }

export interface KeeperProvers extends EngineProvers {
  readonly margin: MarginProver
}

/** Opens one after another: making keys takes all the memory and threads that there are. The caller closes them. */
export async function openEngineProvers(
  instance: MarginInstance,
  options: EngineArtifactsOptions & { readonly backend?: BackendChoice } = {},
  each: <T>(circuit: EngineCircuit, open: () => Promise<T>) => Promise<T> = (_, open) => open(),
): Promise<EngineProvers> {
  const opened: Partial<Record<EngineCircuit, EngineProver<EngineCircuit>>> = {}
  try {
    for (const circuit of ENGINE_CIRCUITS) {
      opened[circuit] = (await each(circuit, () =>
        EngineProver.open(circuit, instance, options),
      )) as unknown as EngineProver<EngineCircuit>
    }
    return opened as unknown as EngineProvers
  } catch (error) {
    await closeProvers(opened)
    throw error
  }
}

export async function closeProvers(
  provers: Partial<Record<string, { close(): Promise<void> }>>,
): Promise<void> {
  await Promise.all(Object.values(provers).map((prover) => prover?.close()))
}
