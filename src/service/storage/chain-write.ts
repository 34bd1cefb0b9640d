/** What the follower writes. Every change moves the cursor in the same transaction, and only from where it was thought to be. */

import type { ChainEvent } from '../chain/decode.ts'
import { fold } from '../chain/fold.ts'
import type { ChainStatus, EventValues } from '../chain/records.ts'
import type { BlockInfo } from '../chain/source.ts'
import { TOLD } from '../chain/told.ts'
import { type ChainCursor, type DeploymentInfo, type Feed, readCursor, type StoredContract } from './chain.ts'
import type { Database, Sql } from './database.ts'

/** Blocks without events whose hashes are kept, to find a common ancestor by. */
const KEPT_BLOCKS = 512
/** Events that a listener may have missed and still be told. */
const KEPT_FEED = 20_000

type At = Pick<ChainCursor, 'block' | 'hash'>

/** False, and nothing done, when the cursor stands elsewhere: another process follows as well. */
async function moved(sql: Sql, from: At): Promise<boolean> {
  const cursor = await readCursor(sql, 'for update')
  return cursor === undefined || cursor.block !== from.block || cursor.hash !== from.hash
}

export interface Batch {
  readonly from: At
  /** The last block, and every one that has events. */
  readonly blocks: readonly BlockInfo[]
  readonly events: readonly ChainEvent[]
  readonly headBlock: number
  /** Null when the batch does not reach the newest block. */
  readonly status: ChainStatus | null
}

/** Adds blocks that follow the cursor's. */
export function addBatch(database: Database, batch: Batch): Promise<boolean> {
  return database.transaction(async (sql) => {
    if (await moved(sql, batch.from)) return false
    const { blocks, events, headBlock, status } = batch
    const last = blocks.at(-1)!
    for (const { number, hash, atSeconds } of blocks) {
      await sql.query('insert into chain_blocks (number, hash, at_seconds) values ($1, $2, $3)', [
        number,
        hash,
        atSeconds,
      ])
    }
    await insertEvents(sql, events)
    await refold(sql, subjectsOf(events))
    for (const event of events) await tell(sql, event.block, feedOf(event))
    await sql.query(
      `update chain_cursor set block = $1, hash = $2, at_seconds = $3, head_block = $4, status = coalesce($5, status),
         trouble = null, seen_at = now() where id = 1`,
      [last.number, last.hash, last.atSeconds, headBlock, status === null ? null : JSON.stringify(status)],
    )
    await prune(sql, last.number)
    return true
  })
}

/** What the contracts say as of the block that the cursor stands at. */
export async function addStatus(sql: Sql, { block, hash }: At, status: ChainStatus): Promise<void> {
  await sql.query('update chain_cursor set status = $3 where id = 1 and block = $1 and hash = $2', [
    block,
    hash,
    JSON.stringify(status),
  ])
}

/** Forgets every block above the common ancestor, and all that followed from them. */
export function abandon(database: Database, from: At, ancestor: BlockInfo): Promise<boolean> {
  return database.transaction(async (sql) => {
    if (await moved(sql, from)) return false
    const subjects = await sql.query<{ subject: string }>(
      'select distinct subject from chain_events where block > $1 and subject is not null',
      [ancestor.number],
    )
    await sql.query('delete from chain_blocks where number > $1', [ancestor.number])
    await refold(
      sql,
      subjects.map(({ subject }) => subject),
    )
    await tell(
      sql,
      ancestor.number,
      notice('reorganised', ancestor.number, { abandonedFrom: ancestor.number + 1, abandonedTo: from.block }),
    )
    const { number, hash, atSeconds } = ancestor
    await sql.query(
      'update chain_cursor set block = $1, hash = $2, at_seconds = $3, status = null where id = 1',
      [number, hash, atSeconds],
    )
    return true
  })
}

export interface Beginning {
  readonly identity: string
  readonly deployment: DeploymentInfo
  readonly contracts: readonly StoredContract[]
  /** The block before the deployment's. */
  readonly before: BlockInfo
}

/** Begins at the deployment. What was known of another chain is forgotten, and listeners are told. */
export function begin(
  database: Database,
  { identity, deployment, contracts, before }: Beginning,
): Promise<void> {
  return database.transaction(async (sql) => {
    // Two processes that start together: the second finds the first one's cursor.
    await sql.query('lock table chain_cursor in exclusive mode')
    const known = await readCursor(sql)
    if (known?.identity === identity) return
    if (known !== undefined) {
      await sql.script('delete from chain_blocks; delete from chain_records; delete from chain_cursor')
      await tell(sql, before.number, notice('restarted', before.number, {}))
    }
    await sql.query(
      `insert into chain_cursor (id, identity, deployment, block, hash, at_seconds, head_block)
       values (1, $1, $2, $3, $4, $5, $3)`,
      [identity, JSON.stringify(deployment), before.number, before.hash, before.atSeconds],
    )
    await writeContracts(sql, contracts)
  })
}

/** What may change of a deployment that is followed already: addresses for wallets, interfaces of a newer Tacit. */
export function describe(
  database: Database,
  deployment: DeploymentInfo,
  contracts: readonly StoredContract[],
): Promise<void> {
  return database.transaction(async (sql) => {
    await sql.query('update chain_cursor set deployment = $1 where id = 1', [JSON.stringify(deployment)])
    await writeContracts(sql, contracts)
  })
}

async function writeContracts(sql: Sql, contracts: readonly StoredContract[]): Promise<void> {
  await sql.query('delete from chain_contracts')
  for (const { name, contract, address, abi } of contracts) {
    await sql.query('insert into chain_contracts (name, contract, address, abi) values ($1, $2, $3, $4)', [
      name,
      contract,
      address,
      abi,
    ])
  }
}

/** Says that the chain was heard of, or why it is not. */
export async function markSeen(sql: Sql, headBlock: number): Promise<void> {
  await sql.query('update chain_cursor set head_block = $1, trouble = null, seen_at = now() where id = 1', [
    headBlock,
  ])
}

export async function markTrouble(sql: Sql, trouble: string): Promise<void> {
  await sql.query('update chain_cursor set trouble = $1 where id = 1', [trouble])
}

/** Blocks whose hashes are known, newest first. */
export async function knownBlocks(sql: Sql, atMost: number, limit: number): Promise<BlockKey[]> {
  return sql.query<BlockKey>(
    'select number, hash from chain_blocks where number <= $1 order by number desc limit $2',
    [atMost, limit],
  )
}

export interface BlockKey {
  readonly number: number
  readonly hash: string
}

// ---------------------------------------------------------------- events and records

interface EventRow extends Omit<ChainEvent, 'values'> {
  readonly args: string
}
const EVENT = `e.block, e.log_index as "logIndex", e.transaction, e.contract, e.name, e.args, e.subject, e.tag,
  b.at_seconds as "atSeconds"`

async function insertEvents(sql: Sql, events: readonly ChainEvent[]): Promise<void> {
  for (const { block, logIndex, transaction, contract, name, values, subject, tag } of events) {
    await sql.query(
      `insert into chain_events (block, log_index, transaction, contract, name, args, subject, tag)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [block, logIndex, transaction, contract, name, JSON.stringify(values), subject, tag],
    )
  }
}

function subjectsOf(events: readonly ChainEvent[]): string[] {
  return [...new Set(events.flatMap(({ subject }) => subject ?? []))]
}

/** Makes the records of these subjects again from all their events. */
async function refold(sql: Sql, subjects: readonly string[]): Promise<void> {
  for (const subject of subjects) {
    const rows = await sql.query<EventRow>(
      `select ${EVENT} from chain_events e join chain_blocks b on b.number = e.block
       where e.subject = $1 order by e.block, e.log_index`,
      [subject],
    )
    const events = rows.map(eventOf)
    const folded = fold(subject, events, await triggerOf(sql, events))
    if (folded === undefined) {
      const at = subject.indexOf(':')
      await sql.query('delete from chain_records where kind = $1 and id = $2', [
        subject.slice(0, at),
        subject.slice(at + 1),
      ])
      continue
    }
    const { kind, id, block, logIndex, isOpen, record } = folded
    await sql.query(
      `insert into chain_records (kind, id, block, log_index, is_open, record) values ($1, $2, $3, $4, $5, $6)
       on conflict (kind, id) do update set block = excluded.block, log_index = excluded.log_index,
         is_open = excluded.is_open, record = excluded.record`,
      [kind, id, block, logIndex, isOpen, JSON.stringify(record)],
    )
  }
}

/** The newest trigger of a case's account on the round that the case was opened on. */
async function triggerOf(sql: Sql, events: readonly ChainEvent[]): Promise<ChainEvent | undefined> {
  const opened = events.find(({ name }) => name === 'CaseOpened')
  if (opened === undefined) return undefined
  const rows = await sql.query<EventRow>(
    `select ${EVENT} from chain_events e join chain_blocks b on b.number = e.block
     where e.tag = $1 and e.name = 'Triggered' and (e.block, e.log_index) < ($2, $3)
     order by e.block desc, e.log_index desc limit 20`,
    [opened.tag, opened.block, opened.logIndex],
  )
  return rows.map(eventOf).find(({ values }) => values.roundSequence === opened.values.round)
}

function eventOf({ args, ...row }: EventRow): ChainEvent {
  return { ...row, values: JSON.parse(args) as EventValues }
}

// ---------------------------------------------------------------- what listeners are told

function feedOf({ contract, name, block, atSeconds, transaction, subject, tag, values }: ChainEvent): Feed {
  const kind = TOLD[contract]![name]!.feed
  return { kind, event: name, block, atSeconds, transaction, subject, tag, values: { ...values } }
}

function notice(kind: 'reorganised' | 'restarted', block: number, values: Record<string, number>): Feed {
  return { kind, event: kind, block, atSeconds: null, transaction: null, subject: null, tag: null, values }
}

async function tell(sql: Sql, block: number, item: Feed): Promise<void> {
  await sql.query('insert into chain_feed (block, kind, payload) values ($1, $2, $3)', [
    block,
    item.kind,
    JSON.stringify(item),
  ])
}

async function prune(sql: Sql, block: number): Promise<void> {
  await sql.query(
    `delete from chain_blocks b where number < $1 and not exists (select 1 from chain_events e where e.block = b.number)`,
    [block - KEPT_BLOCKS],
  )
  await sql.query('delete from chain_feed where id <= (select max(id) from chain_feed) - $1', [KEPT_FEED])
}
