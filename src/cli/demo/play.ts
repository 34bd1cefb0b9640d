import { buildContracts } from '../../chain/build.ts'
import { closeProvers } from '../../keeper/provers.ts'
import { keyNotice } from '../../prover/provenance.ts'
import { type AccountMargin, accountJson, accountMargins, roundJson } from '../accounts.ts'
import { grouped } from '../format.ts'
import type { Io } from '../io.ts'
import type { BookOptions, ProverOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { cacheFolders, openKeeperProvers, openSealArtifacts } from '../prover.ts'
import { loadSession, type Session } from '../session.ts'
import { accountsTable } from '../show-accounts.ts'
import { type Cast, chooseCast } from './cast.ts'
import { laterRounds } from './later.ts'
import { playLiquidation } from './liquidation/play.ts'
import { type Attempt, overtaken, type Refusal, refusalOf, replay, thefts } from './refusals.ts'
import { feedRound, MAX_AGE_SECONDS, openStage, publishHead, type Stage } from './stage.ts'
import {
  acceptedJson,
  type Director,
  proveFor,
  type Statement,
  sendStatement,
  standsOnChain,
} from './statements.ts'
import { Teller } from './tell.ts'

export type DemoOptions = BookOptions & ProverOptions & { readonly seal?: boolean }

/** The whole demo, from market to refusals; its return is what --json prints. Closes all that it opened. */
export async function playDemo(options: DemoOptions, io: Io, out: Output) {
  const clock = new Clock()
  const teller = new Teller(out)
  const session = await loadSession(options, out)
  const accounts = accountMargins(session)
  const cast = chooseCast(accounts)
  clock.mark('matrix')
  teller.market(session)
  teller.section('The book (private: its owners and the venue know it)')
  teller.line(`${session.bookSource}: ${accounts.length} accounts`)
  teller.block('')
  teller.block(accountsTable(session, accounts, { colour: out.colour }))
  const { build } = cacheFolders(options, io)
  // The contracts compile on a thread of their own while the circuit does.
  const contracts = buildContracts(build)
  // A failure is met where it is awaited; until then it must not end the process.
  contracts.catch(() => {})
  const provers = await openKeeperProvers(session.instance, options, io, out)
  const prover = provers.margin
  // A folder of keys is one circuit's: the margin circuit's.
  const sealOptions = options.cache === undefined ? {} : { cache: options.cache }
  let stage: Stage | undefined
  try {
    const seal = await openSealArtifacts(sealOptions, io, out, keyNotice(prover.artifacts.provenance))
    await out.task('compiling the contracts (the first time some minutes)', () => contracts)
    clock.mark('keys')
    const { constraints, provenance } = prover.artifacts
    teller.section(`Circuit ${session.instance.name}: ${grouped(constraints)} constraints`)
    teller.line(`${provenance.kind} keys, prover: ${prover.backend.name}`)
    stage = await out.task('starting the local chain', () => openStage(session, { provers, seal }, build))
    const round = await feedRound(stage, 1, session)
    const head = await publishHead(stage, session.book, 0)
    teller.stage(stage, { round: round.gasUsed, head: head.gasUsed })
    clock.mark('chain')
    const { rounds, ...acts } = await playActs({ session, accounts, prover, stage }, cast, teller, out)
    clock.mark('acts')
    const liquidation = await playLiquidation({
      session,
      stage,
      provers,
      previous: rounds.at(-1)!.matrix,
      sequence: 1 + rounds.length,
      seed: options.seed,
      seal: options.seal === true ? seal : undefined,
      teller,
      out,
    })
    clock.mark('liquidation')
    return {
      ...acts,
      liquidation,
      ...reportOf(session, accounts),
      constraints,
      keys: provenance.kind,
      backend: prover.backend.name,
      deployment: stage.deployment,
      timings: { ...clock.seconds, proofs: acts.timings, total: clock.total() },
    }
  } finally {
    await stage?.close()
    await closeProvers({ ...provers })
  }
}

/** An attestation, a trigger, and everything that must be refused around them. */
async function playActs(director: Director, cast: Cast, teller: Teller, out: Output) {
  const { stage, session } = director
  const prove = (index: number, threshold: 'mm' | 'im', below: boolean, part: 'owner' | 'keeper') =>
    out.task('proving', () => proveFor(director, index, { threshold, below }, part))
  const attestation = await prove(cast.healthy, 'im', false, 'owner')
  const attested = await accept(director, attestation)
  teller.accepted('Attest: a healthy account is covered at IM', attestation, attested)

  const triggering = await prove(cast.distressed, 'mm', true, 'keeper')
  teller.section('What others try with a proof they have seen')
  const thief = await stage.address('thief')
  const refused = await tryAll(thefts(director, triggering, thief), teller)

  const triggered = await accept(director, triggering)
  teller.accepted('Trigger: a distressed account is below MM', triggering, triggered)

  const held = await prove(cast.healthy, 'mm', false, 'owner')
  teller.section('What comes too late')
  refused.push(...(await tryAll([replay(director, attestation)], teller)))
  teller.line('A proof held back: "covered at MM", true when it was made. Meanwhile:')
  const rounds = await laterRounds(session, [
    { spotBps: -300n, volBps: 400n, secondsLater: MAX_AGE_SECONDS },
    { spotBps: -500n, volBps: 800n, secondsLater: MAX_AGE_SECONDS + 60 },
  ])
  for (const { before, attempt } of overtaken(director, held, rounds)) {
    await before()
    refused.push(...(await tryAll([attempt], teller)))
  }
  const still = await standsOnChain(stage, attestation)
  teller.line(`isCovered(tag, IM) on chain, now that round 1 is old: ${still}`)
  return {
    attested,
    triggered,
    refused,
    coveredAfterwards: still,
    rounds,
    timings: [attestation, triggering, held].map(({ proveSeconds }) => seconds(proveSeconds * 1_000)),
  }
}

async function accept({ stage }: Director, statement: Statement) {
  const sent = await sendStatement(stage, statement, statement.claim.below ? 'keeper' : 'owner')
  return acceptedJson(statement, sent, await standsOnChain(stage, statement))
}

async function tryAll(attempts: readonly Attempt[], teller: Teller): Promise<Refusal[]> {
  const refusals: Refusal[] = []
  for (const attempt of attempts) {
    const refusal = await refusalOf(attempt)
    teller.refused(refusal)
    refusals.push(refusal)
  }
  return refusals
}

function reportOf(session: Session, accounts: readonly AccountMargin[]) {
  return { ...roundJson(session), accounts: accounts.map((account) => accountJson(session, account)) }
}

/** Seconds of each part, from the last mark to this one. */
class Clock {
  readonly seconds: Record<string, number> = {}
  readonly #started = performance.now()
  #last = this.#started

  mark(part: string): void {
    const now = performance.now()
    this.seconds[part] = seconds(now - this.#last)
    this.#last = now
  }

  total(): number {
    return seconds(performance.now() - this.#started)
  }
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1_000
}
