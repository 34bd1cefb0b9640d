import { TacitError } from '../protocol/errors.ts'

/** Why a package is refused, and what to do. Fixed words: nothing of what a package holds is ever in an error. */
export const DISCLOSURE_FAULTS = {
  oversized: 'the package is larger than any package can be: do not read it',
  malformed: 'the package is not of this format: ask the venue to send it again',
  wrongVersion: 'the package is of another version of the format: update the client',
  wrongChain: 'the package is for another chain',
  wrongEngine: 'the package is for another liquidation engine',
  wrongCase: 'the package is for another case',
  wrongSender: 'the package is not from the key that the venue has published: do not bid on it',
  unreadable: 'the package was not encrypted to this key by the venue, or was altered on the way',
  badContents: 'what the package holds is not a lot: do not bid on it, and report the venue',
  wrongTerms: 'mode, percent or round of the package differ from those of the case: do not bid on it',
  wrongCommitment: 'the lot in the package is not the one that the case commits to: do not bid on it',
  badKey: 'a disclosure key must be 32 bytes, and no point of small order',
  badNonce: 'a nonce must be 24 bytes that no other package has used',
} as const

export type DisclosureFault = keyof typeof DISCLOSURE_FAULTS

/** A package that must not be acted on. It carries no cause: a cause could quote the plaintext. */
export class DisclosureError extends TacitError {
  readonly fault: DisclosureFault
  constructor(fault: DisclosureFault) {
    super('INPUT_INVALID', DISCLOSURE_FAULTS[fault])
    this.fault = fault
  }
}
