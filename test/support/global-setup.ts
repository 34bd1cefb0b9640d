import { buildContracts, buildVerifier } from '../../src/chain/build.ts'
import { ENGINE_CIRCUITS, MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import type { CircuitArtifacts } from '../../src/prover/backend.ts'
import { engineArtifacts } from '../../src/prover/engine-circuits.ts'
import { marginArtifacts } from '../../src/prover/margin-prover.ts'
import { sealArtifacts } from '../../src/prover/seal-prover.ts'
import { switchedContracts } from '../chain/fixtures/switches.ts'

/**
 * Builds what several test files share, once and before any of them, so that no test's timeout has to allow for it:
 * the small circuits and the full margin circuit with their development keys and verifiers, and the contracts, those of the
 * defences too. All of it comes from the cache below build/ on the next run.
 */
export default function setup(): Promise<void> {
  shared[BUILT] ??= build()
  return shared[BUILT]
}

/** Every project asks for it, each with modules of its own. */
const BUILT = Symbol.for('tacit: what the tests share is built')
const shared = globalThis as { [BUILT]?: Promise<void> }

/** The Solidity compiler is one long job on one thread, the circuits many on the other core. */
async function build(): Promise<void> {
  const contracts = step('contracts', () => buildContracts())
  const more = contracts.then(() => step('contracts with switches', switchedContracts))
  await Promise.all([contracts, more, circuits()])
}

async function circuits(): Promise<void> {
  const verifiers: Promise<unknown>[] = []
  const circuit = async (name: string, make: () => Promise<CircuitArtifacts>) => {
    const { verificationKey, provenance } = await step(`${name}: circuit and keys`, make)
    // On the compiler's thread, behind the contracts: one more there takes a quarter of what it takes by itself.
    verifiers.push(buildVerifier(verificationKey, { kind: provenance.kind, circuit: name }))
  }
  await circuit('margin-4', () => marginArtifacts(MARGIN_INSTANCES['margin-4']))
  for (const name of ENGINE_CIRCUITS) {
    await circuit(`${name}-4`, () => engineArtifacts(name, MARGIN_INSTANCES['margin-4']))
  }
  await circuit('seal', () => sealArtifacts())
  await circuit('margin-16', () => marginArtifacts(MARGIN_INSTANCES['margin-16']))
  await Promise.all(verifiers)
}

async function step<T>(name: string, build: () => Promise<T>): Promise<T> {
  const started = performance.now()
  const made = await build()
  const seconds = (performance.now() - started) / 1000
  if (seconds > 2) process.stderr.write(`built ${name} in ${seconds.toFixed(1)} s\n`)
  return made
}
