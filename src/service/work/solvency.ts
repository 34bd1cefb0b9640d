/**
 * A whole book over any number of workers. The plan writes down every link of the chain and queues a task a step; a step
 * proves one account; the last one queues the seal; the seal makes the bundle. Each ends in one transaction, so a worker
 * that is killed loses the proof it was making and nothing else.
 */
import { contentOfPass } from '../../bundle/from-pass.ts'
import { bundleLines } from '../../bundle/index.ts'
import { ToolError } from '../../protocol/errors.ts'
import { sealSignalsToArray } from '../../protocol/seal-signals.ts'
import { SEAL_SIGNALS } from '../../protocol/solvency.ts'
import type { ProvenStep, StepLink } from '../../prover/book-pass/request.ts'
import { StepsTree } from '../../prover/book-pass/steps-digest.ts'
import type { Transcript } from '../../prover/ceremony.ts'
import type { Proof } from '../../prover/verify.ts'
import type { Queue } from '../queue/queue.ts'
import type { Database, Sql } from '../storage/database.ts'
import { countProof, type JobRow, lockJob, markRunning } from '../storage/jobs.ts'
import type { Contexts, OpenPass } from './contexts.ts'
import type { Provers } from './provers.ts'

const BATCH = 1_000
/** Characters of one part of a bundle. */
const PART_CHARACTERS = 1 << 20

export type Write = (sql: Sql) => Promise<void>

/** Throws AccountError or WitnessError before anything is proven, when the book breaks a rule. */
export async function planPass(contexts: Contexts, queue: Queue, job: JobRow): Promise<Write> {
  const { plan } = await contexts.pass(job)
  plan.seal()
  const links = plan.links()
  return async (sql) => {
    for (let first = 0; first < links.length; first += BATCH) {
      const batch = links.slice(first, first + BATCH)
      const added = await sql.query<{ index: number }>(
        `insert into steps (job_id, idx, chain_in, chain_out)
         select $1, * from unnest($2::int[], $3::text[], $4::text[]) on conflict do nothing returning idx as index`,
        [
          job.id,
          batch.map(({ index }) => index),
          batch.map(({ chainIn }) => `${chainIn}`),
          batch.map(({ chainOut }) => `${chainOut}`),
        ],
      )
      await queue.add(
        sql,
        added.map(({ index }) => ({ kind: 'step', jobId: job.id, index })),
      )
    }
    await markRunning(sql, job.id, 'proving', links.length + 1)
  }
}

/** Proves one account, unless somebody has. */
export async function proveStep(
  database: Database,
  contexts: Contexts,
  provers: Provers,
  queue: Queue,
  job: JobRow,
  at: { readonly index: number; readonly workerId: string },
): Promise<Write> {
  const { index, workerId } = at
  const link = (await readLinks(database, job.id, index))[0]
  if (link === undefined) throw new ToolError(`the pass has no step ${index}`)
  if (await isProven(database, job.id, index)) return async () => {}
  const { plan } = await contexts.pass(job)
  const planned = plan.link(index)
  if (planned.chainIn !== link.chainIn || planned.chainOut !== link.chainOut) {
    throw new ToolError(
      `step ${index} is of another chain than this worker's: keys or book differ between workers`,
    )
  }
  const proof = await provers.prove('step', plan.step(index))
  return async (sql) => {
    // Whoever holds the job's row counts; so exactly one sees the last step.
    await lockJob(sql, job.id)
    const written = await sql.query(
      'update steps set proof = $3, proven_by = $4 where job_id = $1 and idx = $2 and proof is null returning idx',
      [job.id, index, JSON.stringify(proof), workerId],
    )
    if (written.length === 0) return
    await countProof(sql, job.id)
    const open = await sql.query('select 1 from steps where job_id = $1 and proof is null limit 1', [job.id])
    if (open.length > 0) return
    await markRunning(sql, job.id, 'sealing')
    await queue.add(sql, [{ kind: 'seal', jobId: job.id }])
  }
}

export interface Transcripts {
  readonly step?: Transcript
  readonly seal?: Transcript
}

/** Proves the seal and writes the epoch with its bundle. */
export async function provePassSeal(
  database: Database,
  contexts: Contexts,
  provers: Provers,
  job: JobRow,
  transcripts: Transcripts,
): Promise<Write> {
  const pass = await contexts.pass(job)
  const witness = pass.plan.seal()
  const expected = sealSignalsToArray(witness.signals)
  const links = await readLinks(database, job.id)
  const proof = await provers.prove('seal', { inputs: witness.inputs, expected })
  return async (sql) => {
    const { signals } = witness
    const { context } = pass.request
    await sql.query(
      `insert into epochs (id, risk_root, book_root, accounts, policy, steps_root, signals, proof, chain, published)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        job.id,
        job.riskRoot,
        job.bookRoot,
        links.length,
        pass.request.policy,
        new StepsTree(links).root,
        JSON.stringify(Object.fromEntries(SEAL_SIGNALS.map((name) => [name, `${signals[name]}`]))),
        JSON.stringify(proof),
        context === undefined ? null : JSON.stringify(context),
        job.publish,
      ],
    )
    await countProof(sql, job.id)
    await writeBundle(sql, job, pass, provers, { links, proof, transcripts, signals })
  }
}

interface SealedPass {
  readonly links: readonly StepLink[]
  readonly proof: Proof
  readonly transcripts: Transcripts
  readonly signals: Parameters<typeof contentOfPass>[0]['seal']['signals']
}

async function writeBundle(
  sql: Sql,
  job: JobRow,
  pass: OpenPass,
  provers: Provers,
  sealed: SealedPass,
): Promise<void> {
  const { round, epoch, request } = pass
  const { links, proof, transcripts, signals } = sealed
  const unread = () => {
    throw new ToolError('steps of a service are read from its database')
  }
  const content = contentOfPass(
    { links, seal: { signals, proof }, readStep: unread },
    {
      book: epoch.book,
      snapshot: round.snapshot,
      configuration: round.configuration,
      listing: round.listing,
      matrix: round.matrix,
      artifacts: provers.artifacts,
      transcripts,
      chain: request.context && {
        ...request.context,
        seals: request.context.seals.toLowerCase(),
        references: null,
      },
    },
  )
  let part = 0
  let pending = ''
  const flush = async () => {
    if (pending !== '') {
      await sql.query('insert into bundle_parts (epoch_id, part, text) values ($1, $2, $3)', [
        job.id,
        part++,
        pending,
      ])
    }
    pending = ''
  }
  for await (const line of bundleLines({ ...content, steps: provenSteps(sql, job.id, links) })) {
    pending += line
    if (pending.length >= PART_CHARACTERS) await flush()
  }
  await flush()
}

async function* provenSteps(sql: Sql, jobId: string, links: readonly StepLink[]): AsyncGenerator<ProvenStep> {
  for (let first = 0; first < links.length; first += BATCH) {
    const rows = await sql.query<{ index: number; proof: string }>(
      'select idx as index, proof from steps where job_id = $1 and idx >= $2 order by idx limit $3',
      [jobId, first, BATCH],
    )
    for (const { index, proof } of rows) yield { ...links[index]!, proof: JSON.parse(proof) as Proof }
  }
}

async function readLinks(sql: Sql, jobId: string, index?: number): Promise<StepLink[]> {
  const rows = await sql.query<{ index: number; chainIn: string; chainOut: string }>(
    `select idx as index, chain_in as "chainIn", chain_out as "chainOut" from steps
     where job_id = $1 and ($2::int is null or idx = $2) order by idx`,
    [jobId, index ?? null],
  )
  return rows.map((row) => ({
    index: row.index,
    chainIn: BigInt(row.chainIn),
    chainOut: BigInt(row.chainOut),
  }))
}

async function isProven(sql: Sql, jobId: string, index: number): Promise<boolean> {
  const rows = await sql.query('select 1 from steps where job_id = $1 and idx = $2 and proof is not null', [
    jobId,
    index,
  ])
  return rows.length > 0
}
