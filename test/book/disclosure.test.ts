import nacl from 'tweetnacl'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  DISCLOSURE_FORMAT,
  type ExpectedDisclosure,
  MAX_PACKAGE_CHARACTERS,
  openDisclosure,
  type SealRequest,
  sealDisclosure,
} from '../../src/book/disclosure.ts'
import { DisclosureError, type DisclosureFault } from '../../src/book/disclosure-error.ts'
import type { LotDisclosure } from '../../src/book/disclosure-format.ts'
import { disclosureKeys, toHex } from '../../src/book/disclosure-keys.ts'
import { sliceCommitment } from '../../src/book/liquidation/commitments.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { MAX_QUANTITY_LOTS, MIN_QUANTITY_LOTS } from '../../src/protocol/ranges.ts'

let hasher: Hasher
beforeAll(async () => {
  hasher = await poseidonHasher()
})

const bytes = (fill: number, length = 32) => new Uint8Array(length).fill(fill)
const venue = disclosureKeys(bytes(7))
const bidder = disclosureKeys(bytes(9))
const stranger = disclosureKeys(bytes(11))
const SLOTS = 4
const of = { caseId: `0x${'Ab'.repeat(32)}`, chainId: 31337n, engine: `0x${'Cd'.repeat(20)}` }
const lot: LotDisclosure = {
  salt: 123_456_789_123_456_789n,
  reliefBpsNano: 987_654_321_987_654n,
  moved: [
    { id: 7, quantityLots: -770_077n },
    { id: 4_242, quantityLots: 424_242n },
  ],
  terms: { mode: 'slice', percent: 37n },
  round: 19n,
}
const SECRETS = ['770077', '424242', `${lot.salt}`, `${lot.reliefBpsNano}`]

const request = (changes: Partial<SealRequest> = {}): SealRequest => ({
  of,
  lot,
  slotCount: SLOTS,
  venueSecretKey: venue.secretKey,
  recipientKey: bidder.publicKey,
  nonce: bytes(3, 24),
  ...changes,
})
const expected = (changes: Partial<ExpectedDisclosure> = {}): ExpectedDisclosure => ({
  ...of,
  slice: sliceCommitment(hasher, lot, SLOTS),
  terms: lot.terms,
  round: lot.round,
  venueKey: venue.publicKey,
  slotCount: SLOTS,
  ...changes,
})

/** The fault of a package, once it is clear that the error tells nothing of the plaintext. */
function faultOf(run: () => unknown): DisclosureFault {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(DisclosureError)
    const { fault, message, cause } = error as DisclosureError
    expect(cause).toBeUndefined()
    for (const secret of SECRETS) expect(message).not.toContain(secret)
    return fault
  }
  throw new Error('the package was accepted')
}
const open = (text: string, changes: Partial<ExpectedDisclosure> = {}, secretKey = bidder.secretKey) =>
  openDisclosure(hasher, text, expected(changes), secretKey)
const altered = (changes: Record<string, unknown>) =>
  JSON.stringify({ ...(JSON.parse(sealDisclosure(request())) as object), ...changes })

/** A package of any plaintext, as a venue that does not keep to the format would seal it. */
function sealText(plaintext: string): string {
  const nonce = bytes(4, 24)
  const box = nacl.box(new TextEncoder().encode(plaintext), nonce, bidder.publicKey, venue.secretKey)
  return altered({ nonce: toHex(nonce), box: toHex(box) })
}
const contents = (changes: Record<string, unknown> = {}) => ({
  chainId: '31337',
  engine: of.engine.toLowerCase(),
  caseId: of.caseId.toLowerCase(),
  mode: 'slice',
  percent: 37,
  round: '19',
  salt: `${lot.salt}`,
  reliefBpsNano: `${lot.reliefBpsNano}`,
  legs: lot.moved.map(({ id, quantityLots }) => ({ id, lots: `${quantityLots}` })),
  ...changes,
})

describe('a disclosure', () => {
  it('shows the bidder exactly the lot, and nobody else', () => {
    const text = sealDisclosure(request())
    expect(open(text)).toEqual(lot)
    for (const secret of SECRETS) expect(text).not.toContain(secret)
    expect(faultOf(() => open(text, {}, stranger.secretKey))).toBe('unreadable')
    expect(JSON.parse(text)).toMatchObject({ format: DISCLOSURE_FORMAT, version: 1, chainId: '31337' })
  })

  it('is the same for the same nonce and another for another; fits 42 slots, the most a commitment has, of the longest legs', () => {
    expect(sealDisclosure(request())).toBe(sealDisclosure(request()))
    expect(sealDisclosure(request({ nonce: bytes(5, 24) }))).not.toBe(sealDisclosure(request()))
    const moved = Array.from({ length: 42 }, (_, index) => ({
      id: 2 ** 32 - 42 + index,
      quantityLots: index % 2 === 0 ? MIN_QUANTITY_LOTS : MAX_QUANTITY_LOTS,
    }))
    const full: LotDisclosure = {
      moved,
      salt: FIELD_MODULUS - 1n,
      reliefBpsNano: (1n << 100n) - 1n,
      terms: { mode: 'slice', percent: 100n },
      round: 2n ** 256n - 1n,
    }
    const largest = { of: { ...of, chainId: 2n ** 256n - 1n }, lot: full, slotCount: 42 }
    const text = sealDisclosure(request(largest))
    expect(text.length).toBeLessThan(MAX_PACKAGE_CHARACTERS)
    const slice = sliceCommitment(hasher, full, 42)
    const { terms, round } = full
    expect(open(text, { ...largest.of, slice, terms, round, slotCount: 42 })).toEqual(full)
  })

  it('has one length, however many legs the lot has', () => {
    const single = { ...lot, moved: lot.moved.slice(0, 1), salt: 1n, reliefBpsNano: 1n, round: 1n }
    expect(sealDisclosure(request({ lot: single })).length).toBe(sealDisclosure(request()).length)
  })
})

describe('a package that does not match is refused, each fault by its name', () => {
  it('another commitment: another leg, salt, relief', () => {
    const text = sealDisclosure(request())
    const another = [{ salt: 1n }, { reliefBpsNano: 1n }, { moved: [{ id: 7, quantityLots: -770_078n }] }]
    for (const change of another) {
      const slice = sliceCommitment(hasher, { ...lot, ...change }, SLOTS)
      expect(faultOf(() => open(text, { slice }))).toBe('wrongCommitment')
      // And the lie is the venue's: the chain has the true one.
      expect(faultOf(() => open(sealDisclosure(request({ lot: { ...lot, ...change } }))))).toBe(
        'wrongCommitment',
      )
    }
  })

  it('another case, chain or engine, outside or inside the box', () => {
    const otherId = `0x${'11'.repeat(32)}`
    const otherEngine = `0x${'22'.repeat(20)}`
    const text = sealDisclosure(request())
    expect(faultOf(() => open(text, { caseId: otherId }))).toBe('wrongCase')
    expect(faultOf(() => open(text, { chainId: 1n }))).toBe('wrongChain')
    expect(faultOf(() => open(text, { engine: otherEngine }))).toBe('wrongEngine')
    // A relay rewrites the header of a package for another case: the copy in the box says so.
    expect(faultOf(() => open(altered({ caseId: otherId }), { caseId: otherId }))).toBe('wrongCase')
    expect(faultOf(() => open(altered({ chainId: '1' }), { chainId: 1n }))).toBe('wrongChain')
    expect(faultOf(() => open(altered({ engine: otherEngine }), { engine: otherEngine }))).toBe('wrongEngine')
  })

  it('another sender, claimed or true', () => {
    const forged = sealDisclosure(request({ venueSecretKey: stranger.secretKey }))
    expect(faultOf(() => open(forged))).toBe('wrongSender')
    const renamed = JSON.stringify({ ...(JSON.parse(forged) as object), sender: toHex(venue.publicKey) })
    expect(faultOf(() => open(renamed))).toBe('unreadable')
  })

  it('other terms than the case has', () => {
    const text = sealDisclosure(request())
    expect(faultOf(() => open(text, { terms: { mode: 'slice', percent: 38n } }))).toBe('wrongTerms')
    expect(faultOf(() => open(text, { terms: { mode: 'soft', percent: 37n } }))).toBe('wrongTerms')
    expect(faultOf(() => open(text, { round: 20n }))).toBe('wrongTerms')
  })

  it('a box that was altered in any byte looked at, or cut', () => {
    const { box } = JSON.parse(sealDisclosure(request())) as { box: string }
    for (const at of [2, 40, box.length - 1]) {
      const digit = box[at] === '0' ? '1' : '0'
      const changed = box.slice(0, at) + digit + box.slice(at + 1)
      expect(faultOf(() => open(altered({ box: changed })))).toBe('unreadable')
    }
    expect(faultOf(() => open(altered({ box: box.slice(0, -2) })))).toBe('unreadable')
    expect(faultOf(() => open(altered({ box: '0x00' })))).toBe('unreadable')
    expect(faultOf(() => open(altered({ nonce: `0x${'04'.repeat(24)}` })))).toBe('unreadable')
  })

  it('what is no package, is of another version, or is larger than one can be', () => {
    const parsed = JSON.parse(sealDisclosure(request())) as Record<string, unknown>
    const { nonce: _, ...without } = parsed
    const malformed = [
      '',
      'null',
      '[]',
      '{"format":',
      JSON.stringify(without),
      altered({ format: 'tacit.book' }),
      altered({ more: 1 }),
      altered({ sender: '0x00' }),
      altered({ nonce: 'zz' }),
      altered({ box: '0x0' }),
      altered({ chainId: 31337 }),
      altered({ caseId: of.caseId.slice(2) }),
    ]
    for (const text of malformed) expect(faultOf(() => open(text))).toBe('malformed')
    expect(faultOf(() => open(altered({ version: 2 })))).toBe('wrongVersion')
    const padded = sealDisclosure(request()).padEnd(MAX_PACKAGE_CHARACTERS + 1)
    expect(faultOf(() => open(padded))).toBe('oversized')
  })

  it('what holds no lot, without a word of what it holds', () => {
    expect(open(sealText(JSON.stringify(contents())))).toEqual(lot)
    const [first, second] = contents().legs as [object, object]
    const bad = [
      'no JSON 770077',
      JSON.stringify({ ...contents(), more: 770077 }),
      JSON.stringify(contents({ salt: `${FIELD_MODULUS}` })),
      JSON.stringify(contents({ salt: -1 })),
      JSON.stringify(contents({ reliefBpsNano: '0' })),
      JSON.stringify(contents({ reliefBpsNano: `${1n << 100n}` })),
      JSON.stringify(contents({ mode: 'deleverage' })),
      JSON.stringify(contents({ percent: 101 })),
      JSON.stringify(contents({ legs: [] })),
      JSON.stringify(contents({ legs: [second, first] })),
      JSON.stringify(contents({ legs: [first, first] })),
      JSON.stringify(contents({ legs: [{ id: 1, lots: '770077' }] })),
      JSON.stringify(contents({ legs: [{ id: 7, lots: '0' }] })),
      JSON.stringify(contents({ legs: [{ id: 7, lots: `${1n << 38n}` }] })),
      JSON.stringify(contents({ legs: [7, 8, 9, 10, 11].map((id) => ({ id, lots: '770077' })) })),
    ]
    for (const text of bad) expect(faultOf(() => open(sealText(text)))).toBe('badContents')
  })

  it('keys and nonces that are none', () => {
    expect(faultOf(() => disclosureKeys(bytes(1, 31)))).toBe('badKey')
    expect(faultOf(() => sealDisclosure(request({ recipientKey: bytes(1, 33) })))).toBe('badKey')
    // The points of small order share a secret of zero with everybody: anyone could open the box.
    for (const first of [0, 1]) {
      const weak = bytes(0)
      weak[0] = first
      expect(faultOf(() => sealDisclosure(request({ recipientKey: weak })))).toBe('badKey')
    }
    expect(faultOf(() => open(sealDisclosure(request()), {}, bytes(9, 16)))).toBe('badKey')
    expect(faultOf(() => sealDisclosure(request({ nonce: bytes(1, 12) })))).toBe('badNonce')
  })
})
