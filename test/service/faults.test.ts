import { expect, it } from 'vitest'
import { UPHEAVALS } from '../../scripts/faults/chain/storm.ts'
import { runFaults } from '../../scripts/faults/run.ts'

/** `npm run faults` for minutes; here for as long as one kill of each takes, and sixteen things on the chain. */
it('answers every order once and knows what the chain says, whoever is killed and whatever chain and node do', async () => {
  const run = await runFaults(
    {
      seed: 5,
      plan: { victims: ['worker 1', 'database', 'service'] },
      gapMs: [1_500, 2_500],
      awayMs: 300,
      clients: 2,
      pauseMs: 2_500,
      workers: 1,
      chain: { seed: 2, plan: { acts: 16 }, pauseMs: 400, lateMs: 3_000, actsBetween: [2, 4] },
    },
    () => {},
  )
  // No server runs here: postgres-server.ts has said so.
  if (run === undefined) return
  expect(run.faults).toEqual([])
  expect(run.kills).toEqual({ 'worker 1': 1, database: 1, service: 1 })
  expect(run.orders).toBeGreaterThan(3)
  expect(Object.keys(run.chain!.upheavals).sort()).toEqual([...UPHEAVALS].sort())
  expect(Object.values(run.chain!.faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
}, 600_000)
