import { buildContracts } from '../../src/chain/build.ts'
import { ENGINE_CIRCUITS, MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { engineArtifacts } from '../../src/prover/engine-circuits.ts'
import { marginArtifacts } from '../../src/prover/margin-prover.ts'
import { sealArtifacts } from '../../src/prover/seal-prover.ts'

/**
 * Builds what several test files share, once and before any of them, so that no test's timeout has to allow for it:
 * the small circuits and the full margin circuit with their development keys, and the contracts. All of it comes from the cache
 * below build/ on the next run.
 */
export default function setup(): Promise<void> {
  shared[BUILT] ??= build()
  return shared[BUILT]
}

/** Every project asks for it, each with modules of its own. */
const BUILT = Symbol.for('tacit: what the tests share is built')
const shared = globalThis as { [BUILT]?: Promise<void> }

async function build(): Promise<void> {
  // The Solidity compiler is one long job on one thread, the circuits many on the other core.
  await Promise.all([step('contracts', () => buildContracts()), circuits()])
}

async function circuits(): Promise<void> {
  await step('margin-4: circuit and keys', () => marginArtifacts(MARGIN_INSTANCES['margin-4']))
  for (const circuit of ENGINE_CIRCUITS) {
    await step(`${circuit}-4: circuit and keys`, () => engineArtifacts(circuit, MARGIN_INSTANCES['margin-4']))
  }
  await step('seal: circuit and keys', () => sealArtifacts())
  await step('margin-16: circuit and keys', () => marginArtifacts(MARGIN_INSTANCES['margin-16']))
}

async function step(name: string, build: () => Promise<unknown>): Promise<void> {
  const started = performance.now()
  await build()
  const seconds = (performance.now() - started) / 1000
  if (seconds > 2) process.stderr.write(`built ${name} in ${seconds.toFixed(1)} s\n`)
}
