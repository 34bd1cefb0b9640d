/** What the named errors of the vault, the insurance fund and the registry's engine side say. See reasons.ts. */
type Words = (...values: readonly unknown[]) => string

const TRANCHES = ['insurance', 'Gamma Reserve'] as const
const DEPOSIT_STATES = ['unknown', 'pending', 'applied', 'reclaimed'] as const

const REGISTRY: Readonly<Record<string, Words>> = {
  BaseRootIsNotHead: (base, head) =>
    `the proof starts from the book root ${base}, but the head's is ${head}: prove again on the head`,
  BookRootOutOfRange: (root) => `the book root ${root} is zero or not below the field modulus`,
  NothingChanges: () => 'a move of the head that names no changed leaf',
  HeadReserved: (_caseId, until) =>
    `the head is reserved for the settlement of another case until ${instant(until)}`,
  NotReserved: () => 'this case has not reserved the head',
  ReservationOutOfRange: (until, latest) =>
    `a reservation until ${instant(until)} is over already or reaches beyond ${instant(latest)}`,
  CaseIsZero: () => 'no case has the number zero',
  KeptProofCount: (given, needed) =>
    `the publish has ${given} proofs of held leaves and needs ${needed}: one for every four`,
  KeptProofOfOtherBook: () => 'a proof of held leaves is about another book than the one published',
  HeldLeafNotShown: (tag, place) =>
    `the leaf of the case of tag ${tag} must stay at place ${place}, and no proof shows it there`,
  InvalidKeptProof: (index) => `proof number ${index} of the held leaves does not verify`,
  KeptVerifierNotSet: () => 'no verifier of held leaves is set, so no leaf can be held',
  KeptVerifierAlreadySet: (verifier) => `the verifier of held leaves is ${verifier} and stays so`,
  NoContractAt: (given) => `there is no contract at ${given}`,
  FinalNotNewer: (sequence, final) => `head ${sequence} is no newer than the final head ${final}`,
  AlreadyHeld: (tag) => `a leaf of tag ${tag} is held already`,
  NotHeld: (tag) => `no leaf of tag ${tag} is held`,
  TooManyHeld: (held) => `${held} leaves are held, and no more can be: settle open cases first`,
}

const LEDGER: Readonly<Record<string, Words>> = {
  NotACollateral: (instrument) => `instrument ${instrument} is no collateral of this vault`,
  CollateralExists: (instrument) =>
    `instrument ${instrument} is a collateral already, and its lot never changes`,
  InstrumentOutOfRange: (instrument) => `${instrument} is no instrument id`,
  UnitsPerLotIsZero: () => 'a lot must be at least one unit of its token',
  TokenKeepsAShare: (token, sent, received) =>
    `the token ${token} delivered ${received} units of ${sent}: one that keeps a share of a transfer is refused`,
  LedgerTooSmall: (instrument, lots, ledger) =>
    `${lots} lots of instrument ${instrument} cannot leave a book that holds ${ledger}`,
  NotBacked: (lots, backed) =>
    `${lots} lots of cash cannot leave: only ${backed} are backed while a loss is open`,
  DeficitSmaller: (lots, deficit) => `the open loss is ${deficit} lots, less than the ${lots} given`,
  LotsIsZero: () => 'nothing to move: zero lots',
  MigrationIsOver: (final) => `head ${final} is final: collateral comes in by deposits from now on`,
  ParameterOutOfBounds: (name, value, least, most) => `${name} = ${value} is outside ${least} to ${most}`,
  PaidAboveDebt: (paid, lots) => `${paid} lots were offered for a debt of ${lots}`,
}

const ADJUSTS: Readonly<Record<string, Words>> = {
  TagMismatch: () => 'the proof is about another account',
  ChangeMismatch: () => 'the proof changes another instrument, another amount, or in another way than asked',
  OwnerNotZero: (owner) => `a proof that brings collateral in names no owner, not ${owner}`,
  AdjustTooSoon: (_tag, notBefore) =>
    `this account was changed a moment ago: wait until ${instant(notBefore)}, so that proofs about it can keep up`,
  AccountInCase: () => 'the account is in a liquidation case: cure the case, or wait until it is over',
  DepositTooSmall: (lots, least) => `a deposit of ${lots} lots is below the least of ${least}`,
  DepositTooLarge: (lots) => `${lots} lots do not fit in an account`,
  TagOutOfRange: (tag) => `${tag} is no account tag`,
  DepositNotPending: (id, state) => `deposit ${id} is ${DEPOSIT_STATES[Number(state)] ?? state}, not pending`,
  NotTheDepositor: (caller, depositor) => `${caller} cannot take back what ${depositor} paid in`,
  NotReclaimableYet: (id, at) => `deposit ${id} may still be applied until ${instant(at)}`,
  DepositorRefusesDeficit: (_id, deficit) =>
    `the accounts bear a loss of ${deficit} lots, which the depositor did not agree to share`,
  NotAWithdrawal: () => 'the proof is of no withdrawal',
  OwnerOutOfRange: (owner) => `${owner} is no owner's address`,
  NotTheOwner: (caller, owner) =>
    `${caller} is not ${owner}, who owns the account, and has no signature of it`,
  AuthorizationExpired: (deadline) => `the owner's word was good until ${instant(deadline)}`,
  RecipientIsZero: () => 'nobody has the address zero',
  CasesNotSet: () => 'no liquidation engine is set, so nobody can say that the account is in no case',
  BelowOnNewerRound: (_tag, round) => `a trigger on the newer round ${round} says that the account is below`,
  OwnershipTaken: (_tag, owner) => `this tag was shown to be ${owner}'s`,
  NothingPayable: (id) => `there is no payout ${id}, or it was paid`,
  DisputeDelayRuns: (id, notBefore) => `payout ${id} waits for its dispute delay until ${instant(notBefore)}`,
  RoundNotRejected: (round) => `round ${round} was not rejected: the withdrawal stands`,
  DebitNotFinal: (sequence, final) =>
    `the debit was made at head ${sequence}, and the newest final head is ${final}: wait for a seal`,
}

const FUND: Readonly<Record<string, Words>> = {
  VaultAlreadySet: (vault) => `the fund belongs to the vault ${vault} and stays so`,
  VaultNotSet: () => 'the fund has no vault yet',
  GaugeOutOfRange: (gauge) => `the stress gauge goes to 10,000, not ${gauge}`,
  ShareAboveWhole: (base, slope) => `a share of ${base} + ${slope} bps is above the whole`,
  NothingToRepay: (deficit, fund) =>
    `nothing to repay: the open loss is ${deficit} lots, the fund has ${fund}`,
  BelowFloor: (tranche, remaining, floor) =>
    `the ${trancheName(tranche)} tranche would keep ${remaining} lots, less than its floor of ${floor}`,
  TrancheTooSmall: (tranche, lots, held) =>
    `the ${trancheName(tranche)} tranche holds ${held} lots, less than ${lots}`,
  DeficitOutstanding: (deficit) => `the accounts bear a loss of ${deficit} lots: nothing is surplus`,
}

const LIBRARIES: Readonly<Record<string, Words>> = {
  FieldTooWide: () => 'a number does not fit in its field of a packed word',
  ReentrancyGuardReentrantCall: () => 'a token called back into the contract in the middle of a payment',
  SafeERC20FailedOperation: (token) => `the token ${token} refused the payment`,
  SafeCastOverflowedUintDowncast: (bits, value) => `${value} does not fit in ${bits} bits`,
  CheckpointUnorderedInsertion: () => 'the ledger cannot go back to an earlier head',
  InvalidAccountNonce: (_owner, current) => `the owner's next nonce is ${current}`,
}

export const VAULT_REASONS: Readonly<Record<string, Words>> = {
  ...LIBRARIES,
  ...REGISTRY,
  ...LEDGER,
  ...ADJUSTS,
  ...FUND,
}

function trancheName(tranche: unknown): string {
  return TRANCHES[Number(tranche)] ?? String(tranche)
}

function instant(seconds: unknown): string {
  const milliseconds = Number(seconds) * 1_000
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : `${seconds} s`
}
