import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Circuits, keys and contracts are built once, before any test, into the cache; tests only read them.
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    // Two cores: at most two heavy files at a time.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
})
