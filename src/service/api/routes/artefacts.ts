import { Readable } from 'node:stream'
import { z } from 'zod'
import { BUNDLE_SUFFIX } from '../../../bundle/index.ts'
import type { Principal } from '../../auth/principal.ts'
import { Refusal } from '../../refusal.ts'
import {
  bundleParts,
  type EpochRow,
  listEpochs,
  listProofs,
  readEpoch,
  readProof,
} from '../../storage/artefacts.ts'
import type { ApiContext } from '../context.ts'
import { ArtefactId, Epoch, Limit, listOf, ProofDocument, ProofInfo } from '../schemas.ts'

/** What is not published is the venue's alone; for anybody else it is not there. */
const seesAll = ({ roles }: Principal) => roles.includes('venue')

export function artefactRoutes({ route, store: { database } }: ApiContext): void {
  const missing = (what: string) => new Refusal('NOT_FOUND', 'id', `no published ${what} has this id`)
  route(
    'listProofs',
    { query: Limit, answers: { 200: listOf('proofs', ProofInfo) } },
    async ({ query, principal }) => {
      const rows = await listProofs(database, query.limit, seesAll(principal))
      return { proofs: rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() })) }
    },
  )
  route(
    'readProof',
    { params: ArtefactId, answers: { 200: ProofDocument } },
    async ({ params, principal }) => {
      const text = await readProof(database, params.id, seesAll(principal))
      if (text === undefined) throw missing('proof')
      return JSON.parse(text)
    },
  )
  route(
    'listEpochs',
    { query: Limit, answers: { 200: listOf('epochs', Epoch) } },
    async ({ query, principal }) => ({
      epochs: (await listEpochs(database, query.limit, seesAll(principal))).map(epochOf),
    }),
  )
  const find = async (id: string, principal: Principal) => {
    const row = await readEpoch(database, id, seesAll(principal))
    if (row === undefined) throw missing('epoch')
    return row
  }
  route('readEpoch', { params: ArtefactId, answers: { 200: Epoch } }, async ({ params, principal }) =>
    epochOf(await find(params.id, principal)),
  )
  const bundle = { params: ArtefactId, answers: { 200: z.string() }, produces: 'application/x-ndjson' }
  route('readBundle', bundle, async ({ params, principal, reply }) => {
    const { id } = await find(params.id, principal)
    reply.header('content-type', 'application/x-ndjson')
    reply.header('content-disposition', `attachment; filename="epoch-${id}${BUNDLE_SUFFIX}"`)
    return reply.send(Readable.from(bundleParts(database, id)))
  })
}

function epochOf({ signals, proof, chain, createdAt, ...row }: EpochRow): z.output<typeof Epoch> {
  return {
    ...row,
    signals: JSON.parse(signals),
    proof: JSON.parse(proof),
    context: chain === null ? null : JSON.parse(chain),
    createdAt: createdAt.toISOString(),
  }
}
