/** Finished proofs and epochs. `all` shows what is not published too. */
import type { Threshold } from '../../protocol/claims.ts'
import type { SealPolicy } from '../../protocol/solvency.ts'
import type { Sql } from './database.ts'

export interface ProofRow {
  readonly id: string
  readonly kind: 'attestation' | 'trigger'
  readonly tag: string
  readonly threshold: Threshold
  readonly riskRoot: string
  readonly bookRoot: string
  readonly published: boolean
  readonly createdAt: Date
}

export interface EpochRow {
  readonly id: string
  readonly riskRoot: string
  readonly bookRoot: string
  readonly accounts: number
  readonly policy: SealPolicy
  readonly stepsRoot: string
  /** JSON. */
  readonly signals: string
  readonly proof: string
  readonly chain: string | null
  readonly published: boolean
  readonly createdAt: Date
}

const PROOF = `id, kind, tag, threshold, risk_root as "riskRoot", book_root as "bookRoot", published,
  created_at as "createdAt"`
const EPOCH = `id, risk_root as "riskRoot", book_root as "bookRoot", accounts, policy, steps_root as "stepsRoot",
  signals, proof, chain, published, created_at as "createdAt"`

export function listProofs(sql: Sql, limit: number, all: boolean): Promise<ProofRow[]> {
  return sql.query<ProofRow>(
    `select ${PROOF} from proofs where published or $2 order by created_at desc, id limit $1`,
    [limit, all],
  )
}

/** The text of a proof's file. */
export async function readProof(sql: Sql, id: string, all: boolean): Promise<string | undefined> {
  const rows = await sql.query<{ file: string }>(
    'select file from proofs where id = $1 and (published or $2)',
    [id, all],
  )
  return rows[0]?.file
}

export function listEpochs(sql: Sql, limit: number, all: boolean): Promise<EpochRow[]> {
  return sql.query<EpochRow>(
    `select ${EPOCH} from epochs where published or $2 order by created_at desc, id limit $1`,
    [limit, all],
  )
}

export async function readEpoch(sql: Sql, id: string, all: boolean): Promise<EpochRow | undefined> {
  const rows = await sql.query<EpochRow>(`select ${EPOCH} from epochs where id = $1 and (published or $2)`, [
    id,
    all,
  ])
  return rows[0]
}

/** The bundle part by part, never all of it in memory. */
export async function* bundleParts(sql: Sql, epochId: string): AsyncGenerator<string> {
  for (let part = 0; ; part++) {
    const rows = await sql.query<{ text: string }>(
      'select text from bundle_parts where epoch_id = $1 and part = $2',
      [epochId, part],
    )
    if (rows.length === 0) return
    yield rows[0]!.text
  }
}
