/** Circuits, keys and contracts of the sample venue, built at the first start. Boundary module: files and threads. */
import { join } from 'node:path'
import { type BuildOptions, buildContracts } from '../chain/build.ts'
import { closeProvers, type KeeperProvers, openEngineProvers } from '../keeper/provers.ts'
import { engineInstanceName, type MarginInstance } from '../protocol/instances.ts'
import type { CircuitArtifacts } from '../prover/backend.ts'
import { MarginProver } from '../prover/margin-prover.ts'
import { sealArtifacts } from '../prover/seal-prover.ts'
import type { Teller } from './live.ts'

export interface LiveProvers {
  readonly provers: { readonly keeper: KeeperProvers; close(): Promise<void> }
  readonly seal: CircuitArtifacts
  readonly build: BuildOptions
}

/** Opens everything that proves; the contracts compile on a thread of their own meanwhile. */
export async function openLiveProvers(
  instance: MarginInstance,
  cacheRoot: string | undefined,
  teller: Teller,
): Promise<LiveProvers> {
  const build: BuildOptions = cacheRoot === undefined ? {} : { buildFolder: join(cacheRoot, 'contracts') }
  const contracts = buildContracts(build)
  // A failure is met where it is awaited; until then it must not end the process.
  contracts.catch(() => {})
  let update: (state: string) => void = () => {}
  const shared = {
    cacheRoot,
    progress: (step: string, done: number, total: number) =>
      update(total > 0 ? `${step} ${Math.floor((100 * done) / total)}%` : step),
  }
  const step = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    teller.task(`circuit and keys of ${name}`, (say) => {
      update = say
      return work()
    })
  const margin = await step(instance.name, () => MarginProver.open(instance, shared))
  const opened: { close(): Promise<void> }[] = [margin]
  try {
    const engine = await openEngineProvers(instance, shared, (circuit, open) =>
      step(engineInstanceName(circuit, instance), open),
    )
    const keeper: KeeperProvers = { margin, ...engine }
    opened.push(...Object.values(engine))
    const seal = await step('seal', () => sealArtifacts(shared))
    await teller.task('compiling the contracts (the first time some minutes)', () => contracts)
    return { provers: { keeper, close: () => closeProvers({ ...keeper }) }, seal, build }
  } catch (error) {
    await Promise.all(opened.map((prover) => prover.close()))
    throw error
  }
}
