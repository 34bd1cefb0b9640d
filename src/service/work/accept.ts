/** Takes jobs in: each accepted request becomes one job, however often it is sent. Boundary module: randomness. */
import { randomBytes, randomUUID } from 'node:crypto'
import { refuseForeignChain } from '../../chain/deploy.ts'
import type { CircuitArtifacts } from '../../prover/backend.ts'
import type { PassArtifacts } from '../../prover/book-pass/request.ts'
import type { Principal } from '../auth/principal.ts'
import type { Queue } from '../queue/queue.ts'
import { Refusal } from '../refusal.ts'
import { findBook } from '../storage/books.ts'
import { addJob, findByKey, findJob, type JobRow, takeKey } from '../storage/jobs.ts'
import { findRound } from '../storage/rounds.ts'
import type { BookStore } from '../venue.ts'
import { type JobOrder, orderText } from './order.ts'

export interface Acceptance {
  readonly store: BookStore
  readonly queue: Queue
  readonly artifacts: PassArtifacts
  /** The chain that this service is for. */
  readonly chainId: number
}

class KeyTaken extends Error {}

/**
 * The job of an order: a new one, or the one that the key stands for. Throws Refusal when the key stands for another
 * order, round or book are not here, or the keys must not be used on the chain.
 */
export async function acceptJob(
  { store, queue, artifacts, chainId }: Acceptance,
  principal: Principal,
  requestKey: string,
  order: JobOrder,
): Promise<{ job: JobRow; isNew: boolean }> {
  const { database, keyring } = store
  const known = await knownJob(store, principal, requestKey, order)
  if (known !== undefined) return { job: known, isNew: false }
  await checkOrder(store, artifacts, chainId, order)
  const id = randomUUID()
  const isPass = order.kind === 'solvency'
  const { kind, riskRoot, bookRoot, publish } = order
  try {
    await database.transaction(async (sql) => {
      await addJob(sql, keyring, {
        id,
        kind,
        riskRoot,
        bookRoot,
        publish,
        principal: principal.id,
        total: isPass ? 0 : 1,
        request: JSON.stringify(order.request),
        ...(isPass ? { secret: randomBytes(32).toString('hex') } : {}),
      })
      const requestHash = keyring.index(orderText(order))
      if (!(await takeKey(sql, { principal: principal.id, requestKey, requestHash, jobId: id })))
        throw new KeyTaken()
      await queue.add(sql, [{ kind: isPass ? 'plan' : 'claim', jobId: id }])
    })
  } catch (error) {
    if (!(error instanceof KeyTaken)) throw error
    const other = await knownJob(store, principal, requestKey, order)
    if (other === undefined) throw error
    return { job: other, isNew: false }
  }
  return { job: (await findJob(database, id))!, isNew: true }
}

async function knownJob(
  { database, keyring }: BookStore,
  principal: Principal,
  requestKey: string,
  order: JobOrder,
): Promise<JobRow | undefined> {
  const found = await findByKey(database, principal.id, requestKey)
  if (found === undefined) return undefined
  if (!keyring.indices(orderText(order)).includes(found.requestHash)) {
    throw new Refusal(
      'CONFLICT',
      'idempotency-key',
      'stands for another request: use a new key for a new request',
    )
  }
  return findJob(database, found.jobId)
}

async function checkOrder(
  { database, instance }: BookStore,
  artifacts: PassArtifacts,
  chainId: number,
  { kind, riskRoot, bookRoot, request }: JobOrder,
): Promise<void> {
  const round = await findRound(database, riskRoot)
  if (round === undefined) throw new Refusal('NOT_FOUND', 'riskRoot', 'no round has this risk root')
  if (round.instance !== instance.name) {
    throw new Refusal(
      'CONFLICT',
      'riskRoot',
      `is of ${round.instance}, and this service proves ${instance.name}`,
    )
  }
  if ((await findBook(database, bookRoot)) === undefined) {
    throw new Refusal('NOT_FOUND', 'bookRoot', 'no book has this root')
  }
  if (request.context === undefined) return
  if (request.context.chainId !== `${chainId}`) {
    throw new Refusal('CONFLICT', 'context.chainId', `must be ${chainId}, the chain of this service`)
  }
  const used: CircuitArtifacts[] = kind === 'solvency' ? [artifacts.step, artifacts.seal] : [artifacts.step]
  for (const { name, provenance } of used) {
    refuseForeignChain(BigInt(chainId), { kind: provenance.kind, circuit: name })
  }
}
