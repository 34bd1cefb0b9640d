import nacl from 'tweetnacl'
import type { Hasher } from '../protocol/poseidon.ts'
import { DisclosureError } from './disclosure-error.ts'
import { isText, type LotDisclosure, packageSchema, readLot, writeLot } from './disclosure-format.ts'
import { checkPublicKey, DISCLOSURE_NONCE_BYTES, disclosureKeys, fromHex, toHex } from './disclosure-keys.ts'
import { sliceCommitment } from './liquidation/commitments.ts'
import type { LotShare } from './liquidation/terms.ts'

/** The case that a package is about, as the chain knows it. */
export interface DisclosedCase {
  /** 32 bytes, hex with 0x; case does not matter. */
  readonly caseId: string
  readonly chainId: bigint
  /** Address of the engine, hex with 0x; case does not matter. */
  readonly engine: string
}

/** What a bidder reads from the chain and holds a package against. */
export interface ExpectedDisclosure extends DisclosedCase {
  /** The signal `slice` of the lot proof that confirmed the case. */
  readonly slice: bigint
  readonly terms: LotShare
  /** Number of the round that the lot was proven on. */
  readonly round: bigint
  /** X25519 key that the venue publishes, 32 bytes. */
  readonly venueKey: Uint8Array
  /** Slots of the instance. */
  readonly slotCount: number
}

export interface SealRequest {
  readonly of: DisclosedCase
  readonly lot: LotDisclosure
  readonly slotCount: number
  /** The venue's own secret key and the key that the liquidator has registered, 32 bytes each. */
  readonly venueSecretKey: Uint8Array
  readonly recipientKey: Uint8Array
  /** 24 uniform bytes, drawn for this package alone. */
  readonly nonce: Uint8Array
}

export const DISCLOSURE_FORMAT = 'tacit.disclosure'
export const DISCLOSURE_VERSION = 1
/** Any package is shorter: 64 slots make less than 9,000 characters. */
export const MAX_PACKAGE_CHARACTERS = 16_384

/**
 * The package that shows a case's lot to one liquidator: JSON text, the lot in a box (X25519, XSalsa20, Poly1305) from the
 * venue's key to the liquidator's. Its length depends on the slots of the instance alone, not on how many legs the lot has.
 * Pure: keys and nonce come from the caller. Throws DisclosureError badKey or badNonce, WitnessError for a lot
 * without canonical slots.
 */
export function sealDisclosure(request: SealRequest): string {
  const { of, lot, slotCount, venueSecretKey, recipientKey, nonce } = request
  if (nonce.length !== DISCLOSURE_NONCE_BYTES) throw new DisclosureError('badNonce')
  const venue = disclosureKeys(venueSecretKey)
  checkPublicKey(recipientKey, venueSecretKey)
  const header = headerOf(of)
  const plaintext = new TextEncoder().encode(writeLot({ ...header, lot }, slotCount))
  return JSON.stringify({
    format: DISCLOSURE_FORMAT,
    version: DISCLOSURE_VERSION,
    ...header,
    sender: toHex(venue.publicKey),
    nonce: toHex(nonce),
    box: toHex(nacl.box(plaintext, nonce, recipientKey, venueSecretKey)),
  })
}

/**
 * The lot in a package, once everything about it is as the chain says: format, chain, engine, case, sender, the
 * box's authentication, terms, and at last the commitment hash(SLICE; salt, relief, packed slots). Throws
 * DisclosureError with the first fault; no error says anything of the contents.
 */
export function openDisclosure(
  hasher: Hasher,
  text: string,
  expected: ExpectedDisclosure,
  secretKey: Uint8Array,
): LotDisclosure {
  const sealed = readPackage(text)
  const header = headerOf(expected)
  checkHeader(sealed, header)
  if (sealed.sender !== toHex(expected.venueKey)) throw new DisclosureError('wrongSender')
  disclosureKeys(secretKey)
  checkPublicKey(expected.venueKey, secretKey)
  const plaintext = nacl.box.open(fromHex(sealed.box), fromHex(sealed.nonce), expected.venueKey, secretKey)
  if (plaintext === null) throw new DisclosureError('unreadable')
  const contents = readLot(plaintext)
  // The header outside is not authenticated; its copy inside is.
  checkHeader(contents, header)
  const { lot } = contents
  const { terms, round } = expected
  if (lot.terms.mode !== terms.mode || lot.terms.percent !== terms.percent || lot.round !== round) {
    throw new DisclosureError('wrongTerms')
  }
  if (commitmentOf(hasher, lot, expected.slotCount) !== expected.slice)
    throw new DisclosureError('wrongCommitment')
  return lot
}

function readPackage(text: string) {
  if (text.length > MAX_PACKAGE_CHARACTERS) throw new DisclosureError('oversized')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new DisclosureError('malformed')
  }
  const parsed = packageSchema.safeParse(value)
  if (!parsed.success) throw new DisclosureError('malformed')
  const { format, version } = parsed.data
  if (format !== DISCLOSURE_FORMAT) throw new DisclosureError('malformed')
  if (version !== DISCLOSURE_VERSION) throw new DisclosureError('wrongVersion')
  return parsed.data
}

interface Header {
  readonly chainId: string
  readonly engine: string
  readonly caseId: string
}

function headerOf({ caseId, chainId, engine }: DisclosedCase): Header {
  const header = { chainId: `${chainId}`, engine: engine.toLowerCase(), caseId: caseId.toLowerCase() }
  if (!isText(header.caseId, 32) || !isText(header.engine, 20)) throw new DisclosureError('malformed')
  return header
}

function checkHeader(header: Header, expected: Header): void {
  if (header.chainId !== expected.chainId) throw new DisclosureError('wrongChain')
  if (header.engine !== expected.engine) throw new DisclosureError('wrongEngine')
  if (header.caseId !== expected.caseId) throw new DisclosureError('wrongCase')
}

/** A lot that has no canonical slots has no commitment, and the error that says so would quote it. */
function commitmentOf(
  hasher: Hasher,
  { salt, reliefBpsNano, moved }: LotDisclosure,
  slotCount: number,
): bigint {
  try {
    return sliceCommitment(hasher, { salt, reliefBpsNano, moved }, slotCount)
  } catch {
    throw new DisclosureError('badContents')
  }
}
