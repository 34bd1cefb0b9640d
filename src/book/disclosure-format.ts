import { z } from 'zod'
import { OutOfRangeError } from '../protocol/errors.ts'
import { FIELD_MODULUS } from '../protocol/field.ts'
import { REQUIREMENT_BITS } from '../protocol/ranges.ts'
import { DisclosureError } from './disclosure-error.ts'
import type { SliceOpening } from './liquidation/commitments.ts'
import type { LotShare } from './liquidation/terms.ts'
import { toSlots } from './slots.ts'

/** Everything that a bidder is shown of a case. */
export interface LotDisclosure extends SliceOpening {
  readonly terms: LotShare
  /** Number of the round that the lot was proven on. */
  readonly round: bigint
}

/** The plaintext of a package: the lot, and the case it belongs to. */
export interface DisclosureContents {
  readonly chainId: string
  readonly engine: string
  readonly caseId: string
  readonly lot: LotDisclosure
}

const hex = (bytes?: number) =>
  z.string().regex(bytes === undefined ? /^0x(?:[0-9a-f]{2})+$/ : new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`))
const natural = z.string().regex(/^(?:0|[1-9][0-9]{0,77})$/)
const signed = z.string().regex(/^-?[1-9][0-9]{0,11}$/)

/** The envelope, readable by anyone. */
export const packageSchema = z.strictObject({
  format: z.string(),
  version: z.int(),
  chainId: natural,
  engine: hex(20),
  caseId: hex(32),
  sender: hex(32),
  nonce: hex(24),
  box: hex(),
})

const contentsSchema = z.strictObject({
  chainId: natural,
  engine: hex(20),
  caseId: hex(32),
  mode: z.enum(['slice', 'soft']),
  percent: z.int().min(1).max(100),
  round: natural,
  salt: natural,
  reliefBpsNano: natural,
  legs: z
    .array(z.strictObject({ id: z.int().min(2), lots: signed }))
    .min(1)
    .max(64),
})

/** Bytes of a plaintext: a fixed part and so many for each slot. A leg takes at most 43, and a comma. */
const FIXED_BYTES = 640
const SLOT_BYTES = 48

export function isText(text: string, bytes: number): boolean {
  return hex(bytes).safeParse(text).success
}

/** JSON, filled up with spaces to a length that says nothing. Throws WitnessError for a lot without canonical slots. */
export function writeLot({ lot, ...header }: DisclosureContents, slotCount: number): string {
  toSlots(lot.moved, slotCount)
  const text = JSON.stringify({
    ...header,
    mode: lot.terms.mode,
    percent: Number(lot.terms.percent),
    round: `${lot.round}`,
    salt: `${lot.salt}`,
    reliefBpsNano: `${lot.reliefBpsNano}`,
    legs: lot.moved.map(({ id, quantityLots }) => ({ id, lots: `${quantityLots}` })),
  })
  const length = FIXED_BYTES + SLOT_BYTES * slotCount
  if (text.length > length) {
    throw new OutOfRangeError('length of a disclosure', text.length, `must be at most ${length} characters`)
  }
  return text.padEnd(length)
}

/** Throws DisclosureError badContents, and never says what is wrong: that would quote it. */
export function readLot(plaintext: Uint8Array): DisclosureContents {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plaintext))
  } catch {
    throw new DisclosureError('badContents')
  }
  const parsed = contentsSchema.safeParse(value)
  if (!parsed.success) throw new DisclosureError('badContents')
  const { chainId, engine, caseId, mode, percent, round, legs } = parsed.data
  const salt = BigInt(parsed.data.salt)
  const reliefBpsNano = BigInt(parsed.data.reliefBpsNano)
  const isInRange =
    salt < FIELD_MODULUS && reliefBpsNano > 0n && reliefBpsNano < 1n << BigInt(REQUIREMENT_BITS)
  if (!isInRange) throw new DisclosureError('badContents')
  const moved = legs.map(({ id, lots }) => ({ id, quantityLots: BigInt(lots) }))
  const lot = { salt, reliefBpsNano, moved, terms: { mode, percent: BigInt(percent) }, round: BigInt(round) }
  return { chainId, engine, caseId, lot }
}
