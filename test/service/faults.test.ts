import { expect, it } from 'vitest'
import { runFaults } from '../../scripts/faults/run.ts'

/** `npm run faults` for minutes; here for as long as one kill of each takes. */
it('answers every order once, with the right proof, whoever of service, workers and database is killed', async () => {
  const run = await runFaults(
    {
      seed: 5,
      plan: { victims: ['worker 1', 'database', 'service'] },
      gapMs: [1_500, 2_500],
      awayMs: 300,
      clients: 2,
      pauseMs: 2_500,
      workers: 1,
    },
    () => {},
  )
  // No server runs here: postgres-server.ts has said so.
  if (run === undefined) return
  expect(run.faults).toEqual([])
  expect(run.kills).toEqual({ 'worker 1': 1, database: 1, service: 1 })
  expect(run.orders).toBeGreaterThan(3)
}, 600_000)
