import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { z } from 'zod'
import type { SealedBid } from '../chain/engine-client/liquidator.ts'
import { InputError } from '../protocol/errors.ts'
import { parseJson, validate } from '../risk/market/json.ts'

/**
 * The bids that a liquidator has sealed and not yet opened. A salt that is lost is a bond that is lost: so it is on disk,
 * readable by its owner alone, before the commitment is sent. Boundary module: files.
 */
export interface StoredBid extends SealedBid {
  readonly chainId: bigint
  /** Address of SealedBidAuction. */
  readonly auction: string
  readonly caseId: string
  readonly bidder: string
}

const hex32 = z.string().regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 hex digits')
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'must be an address')
const natural = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/, 'must be a whole number as a text')
  .transform(BigInt)
const schema = z.strictObject({
  format: z.literal('tacit.bids', 'must be "tacit.bids"'),
  version: z.literal(1, 'must be 1: this reader knows no other version'),
  bids: z.array(
    z.strictObject({
      chainId: natural,
      auction: address,
      caseId: hex32,
      bidder: address,
      discountBps: natural,
      subTag: natural,
      salt: hex32,
    }),
  ),
})

const OWNER_ONLY = 0o600

export class BidStore {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** Throws InputError for a file that is no bid file, or that others may read. */
  all(): StoredBid[] {
    if (!existsSync(this.path)) return []
    if ((statSync(this.path).mode & 0o077) !== 0) {
      throw new InputError(
        'can be read by others than its owner: whoever knows a salt knows the bid (chmod 600)',
        {
          file: this.path,
        },
      )
    }
    const file = { name: this.path, text: readFileSync(this.path, 'utf8') }
    return validate(schema, parseJson(file), { file: this.path }).bids
  }

  find(bid: Pick<StoredBid, 'chainId' | 'auction' | 'caseId' | 'bidder'>): StoredBid | undefined {
    return this.all().find((stored) => isSame(stored, bid))
  }

  /** Keeps a bid, in place of an earlier one of the same bidder for the same case. On disk when it returns. */
  put(bid: StoredBid): void {
    this.#write([...this.all().filter((stored) => !isSame(stored, bid)), bid])
  }

  remove(bid: Pick<StoredBid, 'chainId' | 'auction' | 'caseId' | 'bidder'>): void {
    this.#write(this.all().filter((stored) => !isSame(stored, bid)))
  }

  #write(bids: readonly StoredBid[]): void {
    const draft = `${this.path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
    const text = JSON.stringify(
      { format: 'tacit.bids', version: 1, bids },
      (_, value) => (typeof value === 'bigint' ? value.toString() : value),
      2,
    )
    const file = openSync(draft, 'wx', OWNER_ONLY)
    try {
      writeSync(file, `${text}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    chmodSync(draft, OWNER_ONLY)
    renameSync(draft, this.path)
  }
}

function isSame(
  a: Pick<StoredBid, 'chainId' | 'auction' | 'caseId' | 'bidder'>,
  b: Pick<StoredBid, 'chainId' | 'auction' | 'caseId' | 'bidder'>,
): boolean {
  const lower = (text: string) => text.toLowerCase()
  return (
    a.chainId === b.chainId &&
    lower(a.auction) === lower(b.auction) &&
    lower(a.caseId) === lower(b.caseId) &&
    lower(a.bidder) === lower(b.bidder)
  )
}
