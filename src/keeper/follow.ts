import type { EventLog } from 'ethers'
import { bookHead } from '../chain/client.ts'
import { view } from '../chain/transactions.ts'
import { CASH_ID } from '../protocol/liquidation.ts'
import type { KeeperContext } from './context.ts'

/**
 * Brings the venue's book up to the head: the keeper's own moves, then what owners and depositors did in between. Boundary
 * module: network. Whether the book is the head's; false when the venue has published another one.
 */
export async function followHead(context: KeeperContext): Promise<boolean> {
  const { connection, venueBook } = context
  const head = await bookHead(connection)
  if (head === undefined) return false
  if (venueBook.follow(head.bookRoot)) return true
  const { registry, errors } = connection
  const ours = await view<bigint>(registry, 'sequenceOf', [venueBook.book.root], errors)
  const published = await view<bigint>(registry, 'publishedSequence', [], errors)
  if (ours === 0n || ours < published) return false
  for (const move of await movesSince(context, ours)) venueBook.followForeign(move)
  return venueBook.book.root === head.bookRoot
}

async function movesSince({ connection, fromBlock }: KeeperContext, sequence: bigint) {
  const { registry, contracts } = connection
  const [moved, withdrawn, applied] = (await Promise.all([
    registry.queryFilter('LeafMoved', fromBlock),
    contracts.vault.queryFilter('Withdrawn', fromBlock),
    contracts.vault.queryFilter('DepositApplied', fromBlock),
  ])) as [EventLog[], EventLog[], EventLog[]]
  const changeAt = new Map<bigint, { instrumentId: number; lots: bigint }>()
  for (const { args } of withdrawn) {
    changeAt.set(args.sequence as bigint, {
      instrumentId: Number(args.instrumentId),
      lots: -(args.lots as bigint),
    })
  }
  for (const { args } of applied) {
    changeAt.set(args.sequence as bigint, {
      instrumentId: Number(args.instrumentId),
      lots: args.lots as bigint,
    })
  }
  return moved
    .filter(({ args }) => (args.sequence as bigint) > sequence)
    .map(({ args }) => ({
      tag: args.tag as bigint,
      leaf: args.leaf as bigint,
      ...(changeAt.get(args.sequence as bigint) ?? { instrumentId: CASH_ID, lots: 0n }),
    }))
}
