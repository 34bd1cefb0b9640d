import nacl from 'tweetnacl'
import { DisclosureError } from './disclosure-error.ts'

export const DISCLOSURE_KEY_BYTES = nacl.box.publicKeyLength
export const DISCLOSURE_NONCE_BYTES = nacl.box.nonceLength

/** An X25519 key pair; the public half is what a liquidator registers and a venue publishes. */
export interface DisclosureKeys {
  readonly publicKey: Uint8Array
  readonly secretKey: Uint8Array
}

/** The pair of a secret key of 32 uniform bytes, drawn by the caller. Throws DisclosureError badKey. */
export function disclosureKeys(secretKey: Uint8Array): DisclosureKeys {
  if (secretKey.length !== nacl.box.secretKeyLength) throw new DisclosureError('badKey')
  return nacl.box.keyPair.fromSecretKey(secretKey)
}

/**
 * Refuses a public key that is no key: wrong length, or one of the few points whose shared secret with everybody is zero, so that
 * anyone could read what is encrypted to it. Throws DisclosureError badKey.
 */
export function checkPublicKey(publicKey: Uint8Array, secretKey: Uint8Array): void {
  if (publicKey.length !== DISCLOSURE_KEY_BYTES) throw new DisclosureError('badKey')
  if (nacl.scalarMult(secretKey, publicKey).every((byte) => byte === 0)) throw new DisclosureError('badKey')
}

/** Lower-case hex with 0x. */
export function toHex(bytes: Uint8Array): string {
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/** Bytes of a text that matches 0x and lower-case pairs of hex digits: the caller has checked it. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length - 2) / 2)
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(text.slice(2 * index + 2, 2 * index + 4), 16)
  }
  return bytes
}
