import { decodeClaim } from '../protocol/claims.ts'
import { MARGIN_SIGNALS } from '../protocol/signals.ts'
import { ENGINE_REASONS } from './reasons-engine.ts'
import { ORACLE_REASONS } from './reasons-oracle.ts'
import { SEALS_REASONS } from './reasons-seals.ts'
import { VAULT_REASONS } from './reasons-vault.ts'

/**
 * What every named error of the contracts says, in plain words. Arguments come in the error's own order.
 * A test holds this table against the ABIs: an error without words does not pass.
 */
type Words = (...values: readonly unknown[]) => string

const COORDINATES = ['A.x', 'A.y', 'B.x', 'B.x', 'B.y', 'B.y', 'C.x', 'C.y'] as const

const ATTESTOR: Readonly<Record<string, Words>> = {
  NotAContract: (given) => `there is no contract at ${given}`,
  SignalOutOfField: (index, value) =>
    `the public signal ${signalName(index)} is ${value}, not below the field modulus: it would alias another value`,
  BookRootUnknown: (root) => `no head of the book ever had the root ${root}`,
  BookRootSuperseded: (_root, sequence, head) =>
    `the proof is about head ${sequence} of the book, which head ${head} has superseded: prove again on the newest`,
  RoundNotRecent: (root, latest) =>
    `the risk root ${root} is of neither of the last two rounds (the latest is ${latest}): prove again on the newest`,
  RoundNotSettleable: (round) =>
    `round ${round} can still be challenged, or was rejected: nothing settles on it before its window has passed`,
  RoundHeldBack: (round) =>
    `the rounds before round ${round} do not bear its prices out: nothing is sold or withdrawn on it unless the next rounds repeat them`,
  WithdrawalsHalted: (level) =>
    `prices have moved too far within the hour (level ${level} of the circuit breaker): withdrawals wait`,
  RoundStale: (sequence, time, maxAge) =>
    `round ${sequence} of ${instant(time)} is older than ${maxAge} s: wait for a new round`,
  ParametersMismatch: (given, ofRound) =>
    `the proof was made with the parameters ${given}, but the round has ${ofRound}`,
  NotAnAttestation: (claim) => `the claim "${claimWords(claim)}" is a trigger's: send it as a trigger`,
  NotATrigger: (claim) => `the claim "${claimWords(claim)}" is an attestation's: send it as an attestation`,
  TagIsZero: () => 'the proof names no account tag, so it states nothing of an account',
  ChainNotZero: () => 'the proof is a step of a solvency chain, which states nothing of a single account',
  ContextMismatch: () => 'the proof was made for another beneficiary, contract or chain',
  AlreadyRecorded: (_tag, claim, round, head) =>
    `"${claimWords(claim)}" is already recorded for this tag on round ${round} and head ${head}`,
  NewerRecordExists: (_tag, claim, round, head) =>
    `"${claimWords(claim)}" is recorded for this tag on the newer round ${round} and head ${head}`,
  ContradictedByTrigger: (_tag, round, head) =>
    `a trigger on round ${round} and head ${head}, no older than this proof, says that the account is below`,
  ContradictedByAttestation: (_tag, round, head) =>
    `a newer attestation, on round ${round} and head ${head}, says that the account is covered`,
  InvalidProof: () => 'the proof does not verify for these public signals',
  InvalidBatch: (proofs) =>
    `of the ${proofs} proofs in the batch at least one does not verify, so none is recorded: verify each alone`,
  BeneficiariesMismatch: (proofs, beneficiaries) =>
    `a batch of ${proofs} proofs names ${beneficiaries} beneficiaries instead of one for each`,
  NoClaim: () => 'the proof makes no claim',
  UnknownClaim: (claim) => `no claim has the code ${claim}`,
  UnknownThreshold: (threshold) => `no threshold has the code ${threshold}`,
  TagTouchedSince: (_tag, sequence, touched) =>
    `the proof is about head ${sequence}, and head ${touched} has changed this account since: prove again`,
  SequenceTooLarge: (round, head) => `round ${round} or head ${head} does not fit in 32 bits`,
}

const VERIFIER: Readonly<Record<string, Words>> = {
  DevelopmentKeyOnForeignChain: (chainId) =>
    `this verifier belongs to a development key, which anyone can forge for; chain ${chainId} is not a local one`,
  SignalNotInField: (index, value) =>
    `public signal number ${index} of the proof is ${value}, not below the field modulus: it would alias another value`,
  CoordinateNotInField: (index, value) =>
    `coordinate ${COORDINATES[Number(index)] ?? index} of the proof is ${value}, not below the base field's modulus`,
  CurveOperationFailed: () => 'the proof has a point that is not on its curve, or not in its subgroup',
  BatchSizeOutOfRange: (count, most) => `a batch takes from 1 to ${most} proofs, not ${count}`,
}

const ORACLE: Readonly<Record<string, Words>> = {
  QuorumOutOfRange: (quorum, feeders) => `a quorum of ${quorum} is impossible with ${feeders} feeders`,
  MaxAgeIsZero: () => 'a maximum age of zero would make every round stale',
  SequenceNotNewer: (sequence, latest) => `round ${sequence} does not follow the latest round ${latest}`,
  SequenceOutOfRange: (sequence) => `the sequence ${sequence} does not fit in 32 bits`,
  TimeNotNewer: (time, latest) =>
    `the round of ${instant(time)} is no later than the latest, of ${instant(latest)}`,
  TimeInFuture: (time, now) =>
    `the round of ${instant(time)} lies ahead of the chain's clock, ${instant(now)}`,
  RiskRootOutOfRange: (root) => `the risk root ${root} is zero or not below the field modulus`,
  ParametersNotApproved: (parameters) =>
    `governance has not approved the parameters ${parameters} with this configuration`,
  TooFewSignatures: (given, quorum) => `the round has ${given} signatures and needs ${quorum}`,
  NotAFeeder: (signer) => `${signer} signed the round, or another text than this, and is no feeder`,
  SignersNotAscending: (signer, previous) =>
    `the signature of ${signer} follows that of ${previous}: signers must be distinct and in ascending order`,
  UnknownRound: (sequence) => `there is no round ${sequence}`,
  ParametersHaveStrayBits: (word) => `the parameters word ${word} has bits beyond its last field`,
  InitialFactorBelowMaintenance: (im, mm) =>
    `the initial factor ${im} bps is below the maintenance factor ${mm} bps`,
  SoftShareAboveOne: (share) => `the soft share ${share} bps is above 10,000`,
}

const REGISTRY: Readonly<Record<string, Words>> = {
  BaseIsNotHead: (base, head) =>
    `the update was made from head ${base}, but the head is ${head}: rebuild it from the newest`,
  TreeRootOutOfRange: (root) => `the tree root ${root} is not below the field modulus`,
  CountOutOfRange: (count) => `a book cannot have ${count} accounts`,
  RootRecurs: (_root, sequence) => `this book root was head ${sequence} already: a state never comes back`,
  UnknownHead: (sequence) => `the book has no head ${sequence}`,
  EpochHeadNotNewer: (head, previous) =>
    head === 0n
      ? 'there is no head to seal yet'
      : `head ${head} is no newer than the last epoch's head ${previous}`,
}

const LIBRARIES: Readonly<Record<string, Words>> = {
  AccessControlUnauthorizedAccount: (account) => `${account} does not have the role that this call needs`,
  AccessControlBadConfirmation: () => 'a role can be renounced by its holder only',
  ECDSAInvalidSignature: () => 'a signature belongs to nobody',
  ECDSAInvalidSignatureLength: (length) => `a signature has ${length} bytes instead of 65`,
  ECDSAInvalidSignatureS: () => 'a signature is not in its canonical form',
  InvalidShortString: () => 'a stored short string is damaged',
  StringTooLong: (text) => `the text "${text}" is too long`,
  // Solidity's own two.
  Error: (text) => String(text),
  Panic: (code) => `the contract failed with panic ${code}: this is a fault of the contract`,
}

export const REASONS: Readonly<Record<string, Words>> = {
  ...VAULT_REASONS,
  ...ENGINE_REASONS,
  ...SEALS_REASONS,
  ...ORACLE_REASONS,
  ...LIBRARIES,
  ...VERIFIER,
  ...ORACLE,
  ...REGISTRY,
  ...ATTESTOR,
}

/** A sentence for a named error; the bare name when it is none of ours. */
export function reasonFor(rule: string, values: readonly unknown[]): string {
  const words = Object.hasOwn(REASONS, rule) ? REASONS[rule] : undefined
  return words === undefined ? `${rule}(${values.join(', ')})` : words(...values)
}

function signalName(index: unknown): string {
  return MARGIN_SIGNALS[Number(index)] ?? `number ${index}`
}

function claimWords(code: unknown): string {
  try {
    const claim = decodeClaim(BigInt(code as bigint))
    return claim === undefined ? 'no claim' : `${claim.below ? 'below' : 'covered at'} ${claim.threshold}`
  } catch {
    return `claim ${code}`
  }
}

function instant(seconds: unknown): string {
  const milliseconds = Number(seconds) * 1_000
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : `${seconds} s`
}
