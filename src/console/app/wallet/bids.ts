/**
 * Sealed bids that were not opened yet. A salt that is lost is a bond that is lost: it is here before the commitment is sent,
 * and can be saved as the file that `tacit liquidator` reads. Boundary module: the browser's storage.
 */
export interface StoredBid {
  readonly chainId: string
  /** Of SealedBidAuction. */
  readonly auction: string
  readonly caseId: string
  readonly bidder: string
  readonly discountBps: string
  readonly subTag: string
  readonly salt: string
}

type BidKey = Pick<StoredBid, 'chainId' | 'auction' | 'caseId' | 'bidder'>

const STORED = 'tacit-bids'

/** Throws Error when this browser keeps nothing: a bid must not be sent then. */
export function allBids(): StoredBid[] {
  const text = localStorage.getItem(STORED)
  if (text === null) return []
  const file = JSON.parse(text) as { format?: unknown; bids?: unknown }
  if (file.format !== 'tacit.bids' || !Array.isArray(file.bids)) {
    throw new Error('What this browser has stored is no file of bids; nothing was changed.')
  }
  return file.bids as StoredBid[]
}

export function findBid(key: BidKey): StoredBid | undefined {
  return allBids().find((bid) => isSame(bid, key))
}

/** Stored and read back when it returns. */
export function putBid(bid: StoredBid): void {
  write([...allBids().filter((other) => !isSame(other, bid)), bid])
  if (findBid(bid)?.salt !== bid.salt)
    throw new Error('This browser did not keep the bid, so it was not sent.')
}

export function removeBid(key: BidKey): void {
  write(allBids().filter((bid) => !isSame(bid, key)))
}

export function bidsFile(bids: readonly StoredBid[]): string {
  return `${JSON.stringify({ format: 'tacit.bids', version: 1, bids }, null, 2)}\n`
}

function write(bids: readonly StoredBid[]): void {
  localStorage.setItem(STORED, bidsFile(bids))
}

function isSame(a: BidKey, b: BidKey): boolean {
  const lower = (text: string) => text.toLowerCase()
  return (
    a.chainId === b.chainId &&
    lower(a.auction) === lower(b.auction) &&
    lower(a.caseId) === lower(b.caseId) &&
    lower(a.bidder) === lower(b.bidder)
  )
}
