/**
 * What must hold after the faults: every order that was answered has one job, which ended with the right result; nothing is
 * left in the queue; and rounds and books are what they would be had nothing happened. Boundary module: network, database.
 */
import { randomBytes } from 'node:crypto'
import { accountTag } from '../../src/book/leaf.ts'
import { parseProofFile } from '../../src/bundle/claim/proof-file.ts'
import { verifyBundle } from '../../src/bundle/index.ts'
import { encodeClaim } from '../../src/protocol/claims.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { marginSignalsToArray } from '../../src/protocol/signals.ts'
import { verifyProof } from '../../src/prover/verify.ts'
import type { TacitClient } from '../../src/service/client/index.ts'
import type { Database } from '../../src/service/storage/database.ts'
import { bookOf } from '../service/venue.ts'
import { BOOK_ACCOUNTS, insist, type Placed, place, type Trail } from './orders.ts'
import { replay } from './replay.ts'

const PATIENCE_MS = 900_000

/** Every fault that is found, in words; empty when all is well. */
export async function accountFor(
  venue: TacitClient,
  database: Database,
  trail: Trail,
  say: (state: string) => void,
): Promise<string[]> {
  const faults = trail.refused.map((refusal) => `refused for no reason: ${refusal}`)
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const context = await claimChecker(venue, trail)
  for (const [i, placed] of trail.placed.entries()) {
    say(`${i} of ${trail.placed.length} orders accounted for`)
    const job = await venue.finished(placed.jobId, signal).catch(() => undefined)
    if (job?.status !== 'succeeded') {
      faults.push(`${placed.order.key}: ${job?.status ?? 'not over'} ${job?.error?.message ?? ''}`)
      continue
    }
    const again = await insist(trail, () => place(venue, placed.order))
    if (again.id !== placed.jobId) faults.push(`${placed.order.key}: the key gives another job now`)
    const wrong = await (placed.order.kind === 'solvency' ? checkPass(venue, placed) : context(placed))
    if (wrong !== undefined) faults.push(`${placed.order.key}: ${wrong}`)
  }
  return [...faults, ...(await checkTables(database, trail)), ...(await replay(venue, trail.handed))]
}

type Check = (placed: Placed) => Promise<string | undefined>

/** The proof holds, and is about that account, book and round. */
async function claimChecker(venue: TacitClient, { handed }: Trail): Promise<Check> {
  const hasher = await poseidonHasher()
  const { key } = (await venue.keys())[0]!
  return async ({ order, jobId }) => {
    if (order.kind === 'solvency') return 'is no claim'
    const { signals, proof } = parseProofFile({ name: jobId, text: JSON.stringify(await venue.proof(jobId)) })
    const { bookSeed } = handed.find(({ bookRoot }) => bookRoot === order.body.bookRoot)!
    const { secret } = bookOf(BOOK_ACCOUNTS, bookSeed).accounts[order.accountIndex!] as { secret: string }
    const expected = {
      bookRoot: BigInt(order.body.bookRoot),
      riskRoot: BigInt(order.body.riskRoot),
      tag: accountTag(hasher, BigInt(secret)),
      claim: encodeClaim({ threshold: order.body.threshold, below: order.kind === 'trigger' }),
    }
    for (const [name, value] of Object.entries(expected)) {
      if (signals[name as keyof typeof expected] !== value) return `the proof has another ${name}`
    }
    const holds = verifyProof(key as never, marginSignalsToArray(signals), proof as never)
    return holds ? undefined : 'the proof does not hold'
  }
}

/** The bundle is what `tacit verify` takes. */
async function checkPass(venue: TacitClient, { order, jobId }: Placed): Promise<string | undefined> {
  const epoch = await venue.epoch(jobId)
  if (epoch.bookRoot !== order.body.bookRoot) return 'the epoch is of another book'
  const { body } = await venue.bundle(jobId)
  const { report } = await verifyBundle(body as unknown as AsyncIterable<Uint8Array>, {
    hasher: await poseidonHasher(),
    randomBytes: (length) => randomBytes(length),
    nowMs: () => performance.now(),
    asOfSeconds: Math.floor(Date.now() / 1_000),
    pins: [],
  })
  const isValid = report.verdict === 'valid-unpinned-keys' || report.verdict === 'valid-development-keys'
  return isValid ? undefined : `the bundle is ${report.verdict}`
}

/** One job for each key, none without one, and nothing half done. */
async function checkTables(database: Database, { placed }: Trail): Promise<string[]> {
  const count = async (text: string) =>
    (await database.query<{ n: number }>(`select count(*)::int as n ${text}`))[0]!.n
  const expected: readonly (readonly [what: string, found: number, expected: number])[] = [
    ['keys', await count('from idempotency'), placed.length],
    ['jobs', await count('from jobs'), placed.length],
    ['jobs that did not succeed', await count(`from jobs where status <> 'succeeded'`), 0],
    ['jobs whose proofs are not all counted', await count('from jobs where done <> total'), 0],
    ['results', (await count('from proofs')) + (await count('from epochs')), placed.length],
    ['steps without a proof', await count('from steps where proof is null'), 0],
    ['leases', await count('from leases'), 0],
    ['tasks', await count(`from tacit_queue.job where state in ('created', 'retry', 'active')`), 0],
  ]
  return expected
    .filter(([, found, right]) => found !== right)
    .map(([what, found, right]) => `${found} ${what}, and not ${right}`)
}
