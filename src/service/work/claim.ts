import { proofFileOf, writeProofFile } from '../../bundle/claim/proof-file.ts'
import { keyHash, keyPointsOf } from '../../bundle/key-hash.ts'
import type { Claim } from '../../protocol/claims.ts'
import { InputError } from '../../protocol/errors.ts'
import type { MarginInstanceName } from '../../protocol/instances.ts'
import { marginSignalsToArray } from '../../protocol/signals.ts'
import { claimWitness } from '../../prover/margin-inputs.ts'
import { riskRoundOf } from '../market.ts'
import { hex32 } from '../roots.ts'
import type { Sql } from '../storage/database.ts'
import type { JobRow } from '../storage/jobs.ts'
import type { BookStore } from '../venue.ts'
import type { Contexts } from './contexts.ts'
import type { Provers } from './provers.ts'
import { type ClaimRequest, claimContext } from './requests.ts'

/** Proves the claim of a job; the result writes it down. Errors as claimWitness and proving. */
export async function proveClaim(
  { hasher, instance }: Pick<BookStore, 'hasher' | 'instance'>,
  contexts: Contexts,
  provers: Provers,
  job: JobRow,
): Promise<(sql: Sql) => Promise<void>> {
  const request = await contexts.request<ClaimRequest>(job)
  const [round, book] = await Promise.all([contexts.round(job.riskRoot), contexts.book(job.bookRoot)])
  const index = book.indexOf(request.account)
  if (index === undefined) throw new InputError('the book has no such account', { field: 'account' })
  const claim: Claim = { threshold: request.threshold, below: job.kind === 'trigger' }
  const statement = { claim, context: claimContext(request) }
  const opening = book.opening(index)
  const { inputs, signals } = claimWitness(hasher, instance, opening, riskRoundOf(round.matrix), statement)
  const proof = await provers.prove('step', { inputs, expected: marginSignalsToArray(signals) })
  const { verificationKey, provenance } = provers.artifacts.step
  const { asOfSeconds, configurationHash, marketHash } = round.row
  const { context } = request
  const file = proofFileOf({
    instance: instance.name as MarginInstanceName,
    claim,
    proof,
    signals,
    keyHash: keyHash(keyPointsOf(verificationKey)),
    key: provenance,
    round: { asOfSeconds, configurationHash, marketHash },
    count: book.count,
    context: context && { ...context, chainId: BigInt(context.chainId) },
  })
  return async (sql) => {
    await sql.query(
      `insert into proofs (id, kind, tag, threshold, risk_root, book_root, published, file)
       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
      [
        job.id,
        job.kind,
        hex32(signals.tag),
        claim.threshold,
        job.riskRoot,
        job.bookRoot,
        job.publish,
        writeProofFile(file),
      ],
    )
  }
}
