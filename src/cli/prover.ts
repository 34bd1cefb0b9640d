/** Circuits, keys, backends and contracts as the command line opens them. Boundary module: environment. */
import { join } from 'node:path'
import type { BuildOptions } from '../chain/build.ts'
import { type KeeperProvers, openEngineProvers } from '../keeper/provers.ts'
import { engineInstanceName, type MarginInstance } from '../protocol/instances.ts'
import type { CircuitArtifacts } from '../prover/backend.ts'
import { type MarginArtifactsOptions, MarginProver, marginArtifacts } from '../prover/margin-prover.ts'
import { keyNotice } from '../prover/provenance.ts'
import { sealArtifacts } from '../prover/seal-prover.ts'
import type { BackendChoice } from '../prover/select-backend.ts'
import { requireExisting } from './files.ts'
import type { Io } from './io.ts'
import type { ProverOptions } from './options.ts'
import type { Output, Update } from './output.ts'

export interface CacheFolders {
  readonly cacheRoot: string | undefined
  readonly build: BuildOptions
}

/** One folder of the user's for everything, or the checkout's own. */
export function cacheFolders(options: Pick<ProverOptions, 'cache'>, io: Io): CacheFolders {
  const folder = options.cache ?? (io.environment.TACIT_CACHE || undefined)
  if (folder === undefined) return { cacheRoot: undefined, build: {} }
  return { cacheRoot: folder, build: { buildFolder: join(folder, 'contracts') } }
}

export function artifactsOptions(
  options: Pick<ProverOptions, 'keys' | 'cache'>,
  io: Io,
  out: Output,
  update: Update,
): MarginArtifactsOptions {
  const keyFolder = options.keys === undefined ? undefined : requireExisting(options.keys, 'folder')
  return {
    cacheRoot: cacheFolders(options, io).cacheRoot,
    keyFolder,
    notice: (message) => out.notice(message),
    progress: (step, done, total) =>
      update(total > 0 ? `${step} ${Math.floor((100 * done) / total)}%` : step),
  }
}

/** Circuit and keys, without a prover; says it when the keys are not for production. */
export async function openArtifacts(
  instance: MarginInstance,
  options: Pick<ProverOptions, 'keys' | 'cache'>,
  io: Io,
  out: Output,
): Promise<CircuitArtifacts> {
  const artifacts = await out.task(`circuit and keys of ${instance.name}`, (update) =>
    marginArtifacts(instance, artifactsOptions(options, io, out, update)),
  )
  warnOfKeys(artifacts, out)
  return artifacts
}

/** The same of the seal. @param said a notice that the user has had already */
export async function openSealArtifacts(
  options: Pick<ProverOptions, 'keys' | 'cache'>,
  io: Io,
  out: Output,
  said?: string,
): Promise<CircuitArtifacts> {
  const artifacts = await out.task('circuit and keys of the seal', (update) =>
    sealArtifacts(artifactsOptions(options, io, out, update)),
  )
  const notice = keyNotice(artifacts.provenance)
  if (notice !== undefined && notice !== said) out.notice(`seal: ${notice}`)
  return artifacts
}

/** The caller closes it. */
export async function openProver(
  instance: MarginInstance,
  options: ProverOptions,
  io: Io,
  out: Output,
): Promise<MarginProver> {
  const backend = backendChoice(options, out)
  const prover = await out.task(`circuit and keys of ${instance.name}`, (update) =>
    MarginProver.open(instance, { ...artifactsOptions(options, io, out, update), backend }),
  )
  warnOfKeys(prover.artifacts, out)
  return prover
}

/** The margin circuit and the four of the liquidation engine, all of one size. The caller closes them. */
export async function openKeeperProvers(
  instance: MarginInstance,
  options: ProverOptions,
  io: Io,
  out: Output,
): Promise<KeeperProvers> {
  const margin = await openProver(instance, options, io, out)
  try {
    let update: Update = () => {}
    const shared = {
      ...artifactsOptions(options, io, out, (state) => update(state)),
      // A folder of keys is one circuit's: the margin circuit's.
      keyFolder: undefined,
      backend: backendChoice(options, out),
    }
    const engine = await openEngineProvers(instance, shared, (circuit, open) =>
      out.task(`circuit and keys of ${engineInstanceName(circuit, instance)}`, (progress) => {
        update = progress
        return open()
      }),
    )
    return { margin, ...engine }
  } catch (error) {
    await margin.close()
    throw error
  }
}

function backendChoice(options: ProverOptions, out: Output): BackendChoice {
  return {
    ...(options.rapidsnark === undefined && options.backend !== undefined
      ? { backend: options.backend }
      : {}),
    ...(options.rapidsnark === undefined ? {} : { rapidsnark: options.rapidsnark }),
    notice: (message) => out.notice(message),
  }
}

function warnOfKeys({ provenance }: CircuitArtifacts, out: Output): void {
  const notice = keyNotice(provenance)
  if (notice !== undefined) out.notice(notice)
}
