import { z } from 'zod'
import { keyHash, keyPointsOf } from '../../../bundle/key-hash.ts'
import type { CircuitArtifacts } from '../../../prover/backend.ts'
import { keyNotice } from '../../../prover/provenance.ts'
import { Refusal } from '../../refusal.ts'
import type { ApiContext } from '../context.ts'
import { Empty, Health, KeyName, listOf, Ready, VerifyingKey } from '../schemas.ts'

/** Whoever asks whether the service is ready wants to know now: a database that takes longer does not answer. */
const READY_MS = 3_000

/** Whether the service lives, what it measures, and the keys that its proofs are for. */
export function systemRoutes(context: ApiContext): void {
  const { route, store, queue, metrics, artifacts, chainId, sample } = context
  route('health', { answers: { 200: Health } }, async () => ({ status: 'ok' as const }))
  route('ready', { answers: { 200: Ready } }, async () => {
    try {
      const { waiting } = await soon(queue.depth())
      const { database, instance } = store
      return { database: database.kind, instance: instance.name, chainId, waiting }
    } catch {
      throw new Refusal('UNAVAILABLE', 'database', 'does not answer')
    }
  })
  const text = { 200: z.string() }
  route('metrics', { answers: text, produces: 'text/plain' }, async ({ reply }) => {
    reply.header('content-type', metrics.contentType)
    return metrics.text()
  })
  const keys = Object.values(artifacts).map(describe)
  route('listKeys', { answers: { 200: listOf('keys', VerifyingKey) } }, async () => ({ keys }))
  route('readKey', { params: KeyName, answers: { 200: VerifyingKey } }, async ({ params }) => {
    const key = keys.find(({ circuit }) => circuit === params.circuit)
    if (key === undefined)
      throw new Refusal('NOT_FOUND', 'circuit', `must be ${keys.map(({ circuit }) => circuit).join(' or ')}`)
    return key
  })
  route('crashSample', { answers: { 200: Empty } }, async () => {
    if (sample === undefined) throw new Refusal('NOT_FOUND', 'sample', 'no sample venue runs here')
    sample.crash()
    return {}
  })
}

async function soon<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), READY_MS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function describe({ name, verificationKey, provenance }: CircuitArtifacts): z.output<typeof VerifyingKey> {
  return {
    circuit: name,
    hash: keyHash(keyPointsOf(verificationKey)),
    kind: provenance.kind,
    notice: keyNotice(provenance) ?? null,
    r1csHash: provenance.r1csHash,
    zkeyHash: provenance.zkeyHash,
    key: { ...verificationKey },
  }
}
