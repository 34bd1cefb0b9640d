/** What the named errors of contracts/solvency say. See reasons.ts. */
type Words = (...values: readonly unknown[]) => string

const GOVERNANCE: Readonly<Record<string, Words>> = {
  SealParameterOutOfBounds: (name, value, least, most) => `${name} = ${value} is outside ${least} to ${most}`,
  LiquidityTooLow: (underlying, nano, least) =>
    `a liquidity of ${nano} nano-USD of underlying ${underlying} is below the least of ${least}`,
  LiquidityHasStrayBits: (word) => `the liquidity word ${word} has bits beyond its last field`,
  CollateralListedAlready: (instrument) => `instrument ${instrument} is in the ledger already`,
  LedgerLotsTooMany: (instrument, lots) => `${lots} lots of instrument ${instrument} do not fit in a ledger`,
  TooManyCollaterals: (held, most) => `${held} collaterals are held, and a ledger has room for ${most}`,
}

const STATEMENT: Readonly<Record<string, Words>> = {
  EpochNotDesignated: (epoch) => `the venue has not designated an epoch ${epoch}`,
  SealStands: (epoch) => `epoch ${epoch} has a seal that was not rejected`,
  EpochOvertaken: (epoch, head, final) =>
    `epoch ${epoch} is of head ${head}, and head ${final} is final already: nothing is left to seal`,
  SealBookMismatch: (given, ofEpoch) =>
    `the seal is of the book root ${given}, and the epoch's head has ${ofEpoch}`,
  LedgerMismatch: (word, given, ofVault) =>
    `ledger word ${word} of the seal is ${given}, and the vault's ledger at that head makes ${ofVault}`,
  ReservesNotHeld: (given, held) =>
    `the seal counts on ${given} nano-USD of reserves; the fund holds ${held}`,
  LiquidityMismatch: (given, published) =>
    `the seal measures against the liquidity ${given}; governance has published ${published}`,
  PolicyMismatch: (given, inForce) => `the seal's policy is ${given}; governance has fixed ${inForce}`,
  EpochContextMismatch: () => 'the seal was made for another epoch, contract or chain',
  InvalidSeal: () => 'the proof of the seal does not verify for these public signals',
}

const DEMANDS: Readonly<Record<string, Words>> = {
  SealNotPending: () => 'there is no seal of this epoch that waits: none was submitted, or it has ended',
  DemandsOver: (_id, until) => `steps could be demanded until ${instant(until)}`,
  StepOutOfRange: (step, count) => `there is no step ${step}: the book has ${count} accounts`,
  StepDemandedBefore: (_id, step) => `step ${step} of this seal was demanded before`,
  StepNotDemanded: (_id, step) => `no demand for step ${step} is open`,
  AnswerTooLate: (_id, step, until) => `step ${step} could be answered until ${instant(until)}`,
  AnswerStillDue: (_id, step, until) => `step ${step} may still be answered until ${instant(until)}`,
  StepNotInDigest: (step) => `the digest of the seal does not have these states as step ${step}`,
  LinkBroken: (step) =>
    `the digest of the seal does not have a step before ${step} that ends where it begins`,
  FirstStateMismatch: () => 'the first step does not begin where the seal says that the chain begins',
  LastStateMismatch: () => 'the last step does not end where the seal says that the chain ends',
  InvalidStep: (step) => `the proof of step ${step} does not verify for this epoch's book, round and context`,
  RoundStands: (round) => `round ${round} of the seal was not rejected`,
  SealNotRejected: () => 'the bond of a demand goes back only when the seal was rejected',
}

const ENDS: Readonly<Record<string, Words>> = {
  TagsNotAscending: (tag, previous) => `tag ${tag} does not follow ${previous}: tags come in ascending order`,
  TagNotTriggered: (tag, round) =>
    `no trigger below maintenance margin or zero stands for tag ${tag} on round ${round} and this epoch's book`,
  DemandsStillTaken: (_id, until) => `steps may be demanded until ${instant(until)}: wait for it`,
  StepsUnanswered: (_id, open) => `${open} demanded steps wait for their answers`,
  TagsTooFew: (_id, tags, below) =>
    `the seal counts ${below} accounts below maintenance margin, and ${tags} tags are shown to be triggered`,
  TagsSuffice: (_id, tags, below) =>
    `${tags} triggered tags are shown, and the seal counts ${below} accounts below maintenance margin`,
  LedgerOfSealOutdated: () => 'the ledger of the head is no longer what the seal says: it is to be rejected',
  LedgerStands: () => 'the ledger of the head is what the seal says',
}

export const SEALS_REASONS: Readonly<Record<string, Words>> = {
  ...GOVERNANCE,
  ...STATEMENT,
  ...DEMANDS,
  ...ENDS,
}

function instant(seconds: unknown): string {
  const milliseconds = Number(seconds) * 1_000
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : `${seconds} s`
}
