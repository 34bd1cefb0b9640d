import { OutOfRangeError } from '../protocol/errors.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { QUANTITY_BITS, SLOT_BITS, SLOTS_PER_ELEMENT } from '../protocol/ranges.ts'
import type { Account, Position } from './account.ts'
import { toSlots } from './slots.ts'

/** Up to this many slot elements stand in the leaf hash themselves: with the four fields they fill its 16 inputs. */
const DIRECT_ELEMENTS = 12
/** Beyond that, this many elements are hashed to one digest (margin-64: 22 elements, two digests). */
const DIGEST_ELEMENTS = 11

/** Names an account in proofs without naming it: a function of its secret alone. */
export function accountTag(hasher: Hasher, secret: bigint): bigint {
  return hasher.hash('ACCOUNT_TAG', [secret])
}

/** Hides a leaf from guessing; bound to secret and nonce, so that neither owner nor venue can choose it freely. */
export function accountSalt(hasher: Hasher, secret: bigint, nonce: bigint): bigint {
  return hasher.hash('ACCOUNT_SALT', [secret, nonce])
}

/** One slot as an integer of SLOT_BITS = 71 bits: quantity + 2^38, then the id above bit 39. */
export function slotWord({ id, quantityLots }: Position): bigint {
  return quantityLots + (1n << BigInt(QUANTITY_BITS)) + (BigInt(id) << BigInt(QUANTITY_BITS + 1))
}

/**
 * Canonical slots, three words to a field element, the first in the lowest bits: ceil(slots / 3) elements. Places of
 * the last element beyond the slots are zero, which no slot's word is (an empty slot's is 2^38).
 */
export function packSlots(slots: readonly Position[]): bigint[] {
  const elements: bigint[] = []
  for (let first = 0; first < slots.length; first += SLOTS_PER_ELEMENT) {
    const words = slots.slice(first, first + SLOTS_PER_ELEMENT).map(slotWord)
    elements.push(words.reduceRight((packed, word) => (packed << BigInt(SLOT_BITS)) + word, 0n))
  }
  return elements
}

/** What stands for the slots in the leaf: the elements themselves up to 12, else a digest of every 11 of them. */
export function slotsDigest(hasher: Hasher, elements: readonly bigint[]): bigint[] {
  if (elements.length <= DIRECT_ELEMENTS) return [...elements]
  const digests: bigint[] = []
  for (let first = 0; first < elements.length; first += DIGEST_ELEMENTS) {
    digests.push(hasher.hash('ACCOUNT_SLOTS', elements.slice(first, first + DIGEST_ELEMENTS)))
  }
  if (digests.length > DIRECT_ELEMENTS) {
    throw new OutOfRangeError(
      'slot elements',
      elements.length,
      `must be at most ${DIRECT_ELEMENTS * DIGEST_ELEMENTS}`,
    )
  }
  return digests
}

/**
 * The public commitment to one state of an account, for an instance of `slotCount` slots:
 * hash(ACCOUNT_LEAF, [accountId, owner, nonce, salt, ...slotsDigest]). Throws WitnessError for positions that have
 * no canonical slots.
 */
export function accountLeaf(hasher: Hasher, account: Account, slotCount: number): bigint {
  const elements = packSlots(toSlots(account.positions, slotCount))
  return hasher.hash('ACCOUNT_LEAF', [
    BigInt(account.accountId),
    account.owner,
    account.nonce,
    accountSalt(hasher, account.secret, account.nonce),
    ...slotsDigest(hasher, elements),
  ])
}
