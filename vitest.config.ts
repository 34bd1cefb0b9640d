import { defineConfig } from 'vitest/config'
import SlowestFirst from './test/support/slowest-first.ts'

/** Tests of the pure layers: no files, no processes, nothing that one could leave behind for the next. */
const PURE = ['protocol', 'fixed-point', 'risk', 'oracle-core', 'book'].map(
  (layer) => `test/${layer}/**/*.test.ts`,
)

/** Tests of the contracts: most of them share a world on a chain with the others of their process (fixtures/shared-world.ts). */
const CHAIN = ['test/chain/**/*.test.ts']

/** Tests that leave nothing behind but what is in the cache: loading the modules is a good part of most of them. */
const SHARED = [
  ...['prover', 'bundle', 'solvency', 'stress', 'liquidator'],
  ...['circuits', 'engine', 'oracle', 'keeper', 'cli'],
].map((layer) => `test/${layer}/**/*.test.ts`)

export default defineConfig({
  test: {
    pool: 'forks',
    // Two cores: at most two heavy files at a time.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 180_000,
    sequence: { sequencer: SlowestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'built',
          include: ['test/**/*.test.ts'],
          exclude: [...PURE, ...CHAIN, ...SHARED],
          // Circuits, keys and contracts are built once, before any test, into the cache; tests only read them.
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'chain',
          include: CHAIN,
          globalSetup: ['test/support/global-setup.ts'],
          isolate: false,
          // First compilations take seconds, and more where other work shares the machine.
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'shared',
          include: SHARED,
          globalSetup: ['test/support/global-setup.ts'],
          isolate: false,
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        // They share a process, which loads the modules and makes the hasher once.
        test: { name: 'pure', include: PURE, isolate: false },
      },
    ],
  },
})
