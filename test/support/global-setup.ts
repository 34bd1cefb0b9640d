import { buildContracts, buildVerifier } from '../../src/chain/build.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
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

/**
 * Two cores: the Solidity compiler is one long job on one thread, the circuits are many, the longest first. Whoever is done
 * with the contracts helps with the circuits that are left.
 */
async function build(): Promise<void> {
  const verifiers: Promise<unknown>[] = []
  const left = circuits()
  const lane = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const { verificationKey, provenance } = await step(`${next.name}: circuit and keys`, next.make)
      // On the compiler's thread, behind the contracts: one more there takes a quarter of what it takes by itself.
      verifiers.push(buildVerifier(verificationKey, { kind: provenance.kind, circuit: next.name }))
    }
  }
  const contracts = async () => {
    await step('contracts', () => buildContracts())
    await step('contracts with switches', switchedContracts)
  }
  await Promise.all([contracts().then(lane), lane()])
  await Promise.all(verifiers)
}

/** Longest first. */
function circuits(): { name: string; make: () => Promise<CircuitArtifacts> }[] {
  const small = MARGIN_INSTANCES['margin-4']
  return [
    { name: 'margin-16', make: () => marginArtifacts(MARGIN_INSTANCES['margin-16']) },
    ...(['adjust', 'lot', 'transfer'] as const).map((name) => ({
      name: `${name}-4`,
      make: () => engineArtifacts(name, small),
    })),
    { name: 'margin-4', make: () => marginArtifacts(small) },
    { name: 'seal', make: () => sealArtifacts() },
    { name: 'kept-4', make: () => engineArtifacts('kept', small) },
  ]
}

async function step<T>(name: string, build: () => Promise<T>): Promise<T> {
  const started = performance.now()
  const made = await build()
  const seconds = (performance.now() - started) / 1000
  if (seconds > 2) process.stderr.write(`built ${name} in ${seconds.toFixed(1)} s\n`)
  return made
}
