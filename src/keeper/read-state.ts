import { bookHead, latestRound, type Round } from '../chain/client.ts'
import { activeLiquidators, type ListedCase, listCases } from '../chain/engine-client/case-list.ts'
import { caseOfTag, engineTime } from '../chain/engine-client/cases.ts'
import { type EngineConnection, viewOf } from '../chain/engine-client/connection.ts'
import { readParameters } from '../chain/engine-client/parameters.ts'
import { view } from '../chain/transactions.ts'
import { THRESHOLD_CODES } from '../protocol/claims.ts'
import { TIERS, type Tier } from '../risk/margin.ts'
import { sweepBook, sweepMatrix, sweepTiers } from '../risk/sweep.ts'
import type { KeeperContext } from './context.ts'
import { readDeposits } from './read-deposits.ts'
import { readHouse } from './read-house.ts'
import type { KnownRound } from './rounds.ts'
import type { AccountView, CaseView, KeeperState, RecordAt, RoundView } from './state.ts'

/** Reads the chain and sweeps the book into what decide() takes. Boundary module: network. */
export async function readState(context: KeeperContext): Promise<KeeperState> {
  const { connection, venueBook, rounds } = context
  const [latest, head, paused, time, block, parameters, reservedBy, maxAge] = await Promise.all([
    latestRound(connection),
    bookHead(connection),
    viewOf<boolean>(connection, 'clock', 'paused'),
    engineTime(connection),
    connection.provider.getBlock('latest'),
    readParameters(connection),
    reservation(connection),
    view<bigint>(connection.oracle, 'maxAgeSeconds', [], connection.errors),
  ])
  const chainTime = BigInt(block!.timestamp)
  const known = latest === undefined ? undefined : rounds.byRoot(latest.riskRoot)
  const tiers = known === undefined ? undefined : tiersOf(context, known)
  const listed = (await listCases(connection, context.fromBlock)).filter(
    ({ engineCase }) => engineCase.stage !== 'closed',
  )
  const accounts = await readAccounts(context, tiers, listed)
  const cases = await readCases(context, listed, accounts)
  return {
    paused,
    stale: isStale(latest, chainTime, maxAge),
    chainTime,
    engineTime: time,
    round: await roundView(connection, latest, known),
    bookIsHead: head?.bookRoot === venueBook.book.root,
    reservedBy,
    parameters,
    accounts,
    cases,
    house: await readHouse(context, known),
    deposits: await readDeposits(context, known),
  }
}

async function roundView(
  { oracle, errors }: EngineConnection,
  latest: Round | undefined,
  known: KnownRound | undefined,
): Promise<RoundView> {
  const isKnown = known !== undefined
  if (latest === undefined) return { sequence: 0n, isKnown, confirms: false, level: 0 }
  const sequence = BigInt(latest.sequence)
  const [confirms, level] = await view<[boolean, bigint]>(oracle, 'guardsOf', [sequence], errors)
  return { sequence, isKnown, confirms, level: Number(level) }
}

function isStale(latest: Round | undefined, chainTime: bigint, maxAgeSeconds: bigint): boolean {
  return latest === undefined || chainTime > BigInt(latest.timeSeconds) + maxAgeSeconds
}

async function reservation({ registry, errors }: EngineConnection): Promise<string | undefined> {
  const [caseId] = await view<[string, bigint]>(registry, 'reservation', [], errors)
  return BigInt(caseId) === 0n ? undefined : caseId
}

/** By tag: the whole book, swept. */
function tiersOf({ venueBook }: KeeperContext, { risk, proving }: KnownRound): Map<bigint, Tier> {
  const matrix = sweepMatrix(proving.tree.vectors.values())
  const portfolios = venueBook.book.accounts.map(({ positions }) => positions)
  const { tiers } = sweepTiers(matrix, sweepBook(portfolios, matrix), risk.parameters)
  return new Map(venueBook.tags.map((tag) => [tag, TIERS[tiers[venueBook.indexOf(tag)!]!]!]))
}

/** Accounts that have crossed a tier or are in a case. The rest needs nothing, so the chain is not asked about it. */
async function readAccounts(
  context: KeeperContext,
  tiers: ReadonlyMap<bigint, Tier> | undefined,
  listed: readonly ListedCase[],
): Promise<AccountView[]> {
  if (tiers === undefined) return []
  const inCase = new Set(listed.map(({ engineCase }) => engineCase.tag))
  const wanted = [...tiers].filter(([tag, tier]) => {
    if (inCase.has(tag)) return true
    const isOurs = context.onlyTags?.has(tag) ?? true
    return isOurs && tier !== 'healthy' && tier !== 'reduceOnly'
  })
  return Promise.all(wanted.map(([tag, tier]) => readAccount(context.connection, tag, tier)))
}

async function readAccount(connection: EngineConnection, tag: bigint, tier: Tier): Promise<AccountView> {
  const { registry, errors } = connection
  const [touched, caseId, belowMm, belowSoft, coveredMm, coveredSoft] = await Promise.all([
    view<bigint>(registry, 'touchedSequence', [tag], errors),
    caseOfTag(connection, tag),
    readRecord(connection, 'newestBelow', tag, 'mm'),
    readRecord(connection, 'newestBelow', tag, 'soft'),
    readRecord(connection, 'newestCovered', tag, 'mm'),
    readRecord(connection, 'newestCovered', tag, 'soft'),
  ])
  return {
    tag,
    tier,
    touched,
    caseId,
    below: { mm: belowMm, soft: belowSoft },
    covered: { mm: coveredMm, soft: coveredSoft },
  }
}

async function readRecord(
  { attestor, oracle, errors }: EngineConnection,
  method: 'newestBelow' | 'newestCovered',
  tag: bigint,
  threshold: 'mm' | 'soft',
): Promise<RecordAt> {
  const [round, head] = await view<[bigint, bigint]>(
    attestor,
    method,
    [tag, THRESHOLD_CODES[threshold]],
    errors,
  )
  const roundTime = round === 0n ? 0n : await view<bigint>(oracle, 'roundTime', [round], errors)
  return { round, head, roundTime }
}

async function readCases(
  context: KeeperContext,
  listed: readonly ListedCase[],
  accounts: readonly AccountView[],
): Promise<CaseView[]> {
  const { connection, venueBook, disclosures, fromBlock } = context
  const liquidators = disclosures === undefined ? [] : await activeLiquidators(connection, fromBlock)
  const standings = await Promise.all(listed.map(({ engineCase }) => roundsOf(connection, engineCase)))
  return listed.map(({ engineCase, award }, place): CaseView => {
    const { tag, caseId, round } = engineCase
    const index = venueBook.indexOf(tag)
    const positions = index === undefined ? [] : venueBook.book.account(index).positions
    return {
      engineCase,
      award,
      account: accounts.find((account) => account.tag === tag),
      isBareDebt: positions.length === 1 && positions[0]!.id === 1 && positions[0]!.quantityLots < 0n,
      rounds: standings[place]!,
      isDisclosed: liquidators.every(({ address }) => disclosures!.has(caseId, round, address)),
    }
  })
}

async function roundsOf(
  { oracle, errors }: EngineConnection,
  { round, triggerRound }: ListedCase['engineCase'],
): Promise<CaseView['rounds']> {
  const ask = (method: 'isRejected' | 'isSettleable') =>
    Promise.all([triggerRound, round].map((at) => view<boolean>(oracle, method, [at], errors)))
  const [rejected, settleable] = await Promise.all([ask('isRejected'), ask('isSettleable')])
  if (rejected.some((is) => is)) return 'rejected'
  return settleable.every((is) => is) ? 'final' : 'open'
}
