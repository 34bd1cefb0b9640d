import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BidStore, type StoredBid } from '../../src/liquidator/bid-store.ts'

let folder: string
let store: BidStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tacit-bids-'))
  store = new BidStore(join(folder, 'bids.json'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const BID: StoredBid = {
  chainId: 31_337n,
  auction: `0x${'Aa'.repeat(20)}`,
  caseId: `0x${'c1'.repeat(32)}`,
  bidder: `0x${'Bb'.repeat(20)}`,
  discountBps: 150n,
  subTag: 2n ** 250n,
  salt: `0x${'5a'.repeat(32)}`,
}

describe('the file of bids', () => {
  it('gives a bid back after a restart, whatever the case of the addresses', () => {
    store.put(BID)
    const again = new BidStore(store.path)
    expect(again.all()).toEqual([BID])
    expect(
      again.find({ ...BID, bidder: BID.bidder.toLowerCase(), auction: BID.auction.toUpperCase() }),
    ).toEqual(BID)
  })

  it('is readable by its owner alone, and leaves no draft behind', () => {
    store.put(BID)
    expect(statSync(store.path).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['bids.json'])
  })

  it('is refused when others can read it', () => {
    store.put(BID)
    chmodSync(store.path, 0o644)
    expect(() => store.all()).toThrow(/can be read by others/)
  })

  it.each([
    ['another chain', { chainId: 1n }],
    ['another auction', { auction: `0x${'cc'.repeat(20)}` }],
    ['another case', { caseId: `0x${'c2'.repeat(32)}` }],
    ['another bidder', { bidder: `0x${'dd'.repeat(20)}` }],
  ])('does not mistake a bid for one of %s', (_, other) => {
    store.put(BID)
    expect(store.find({ ...BID, ...other })).toBeUndefined()
    store.put({ ...BID, ...other, salt: `0x${'01'.repeat(32)}` })
    expect(store.all()).toHaveLength(2)
    store.remove({ ...BID, ...other })
    expect(store.all()).toEqual([BID])
  })

  it('is refused when it is no file of bids', () => {
    writeFileSync(store.path, '{"format":"tacit.bids","version":2,"bids":[]}', { mode: 0o600 })
    expect(() => store.all()).toThrow(/bids.json/)
  })
})
