/** What the named errors of the liquidation engine and its parts say. See reasons.ts. */
type Words = (...values: readonly unknown[]) => string

const STAGE_WORDS = [
  'unknown',
  'waiting for its confirmation',
  'open to soft offers',
  'open to sealed bids',
  'in the public auction',
  'with the clearing house',
  'being deleveraged',
  'sold and waiting for its settlement',
  'waiting for its debt to be paid off',
  'over',
] as const
/** In the order of contracts/engine/Parameter.sol. */
const PARAMETER_NAMES =
  `KeeperBondLots VenueBondMinLots VenuePenaltyLots VenuePenaltyBps BidBondLots LiquidatorBondLots UnbondDelay
  ConfirmWindow SoftWindow CommitWindow RevealWindow SettleWindow DutchDuration DutchMaxRestarts HouseWindow
  AdlDuration AdlStartBps AdlEndBps AdlBandBps AdlHaircutBps LiquidationFeeBps SoftPenaltyBps ReserveShareBps
  InsolventMaxDiscountBps ModelledImpactBps SlippageFreeBps SlippageTaxShareBps MaxLotAge TriggerMaxAge
  HouseBudgetLots HouseCaseCapLots HouseStepShareBps HouseDepthShareBps HouseStepInterval`.split(/\s+/)

const CLOCK: Readonly<Record<string, Words>> = {
  EnginePaused: () => 'the engine is paused',
  EngineNotPaused: () => 'the engine is not paused',
  OracleStale: (latest) =>
    `the latest round, ${latest}, is stale: the engine's clock stands until the next one`,
  SecondsPerBlockOutOfRange: (given) => `${given} seconds for a block are outside 1 to 600`,
  TooEarly: (_caseId, from, time) => `this begins at ${from} s of the engine's clock, which shows ${time} s`,
  TooLate: (_caseId, until, time) => `this ended at ${until} s of the engine's clock, which shows ${time} s`,
  WindowStillOpen: (_caseId, until, time) =>
    `the venue has time until ${until} s of the engine's clock, which shows ${time} s`,
}

const GOVERNANCE: Readonly<Record<string, Words>> = {
  EngineParameterOutOfBounds: (parameter, value, least, most) =>
    `${PARAMETER_NAMES[Number(parameter)] ?? `parameter ${parameter}`} = ${value} is outside ${least} to ${most}`,
  ChallengeOutlastsLots: (needed, maxAge) =>
    `a round may be ${needed} s old when its settlement ends, and a lot only ${maxAge} s`,
  AdlLevelsDoNotFall: (start, end) =>
    `the cut-off of deleveraging must fall, and ${end} bps is not below ${start} bps`,
  StagesAlreadySet: () => 'the stages of the engine are set, once and for all',
  DelayOutOfRange: (delay, least, longest) => `a timelock of ${delay} s is outside ${least} to ${longest} s`,
  NotTheVenue: (caller) => `${caller} is not the venue`,
  VenueBondShort: (bond, least) =>
    `the venue's bond is ${bond} lots and must be ${least}: it has to be topped up first`,
  TimelockInvalidOperationLength: () => 'the parts of a timelocked operation do not match in number',
  TimelockInsufficientDelay: (delay, least) => `a delay of ${delay} s is below the timelock's ${least} s`,
  TimelockUnexpectedOperationState: () => 'the timelocked operation is not due, unknown, or done already',
  TimelockUnexecutedPredecessor: () => 'another timelocked operation has to be executed first',
  TimelockUnauthorizedCaller: (caller) => `${caller} is not the timelock itself`,
  FailedCall: () => 'a call failed and gave no reason',
}

const MONEY: Readonly<Record<string, Words>> = {
  FreeLotsTooFew: (_account, lots, free) =>
    `${lots} lots are needed and ${free} are free: deposit more into the escrow`,
  LockedLotsTooFew: (_part, _account, lots, locked) => `${lots} lots were asked of ${locked} locked ones`,
  SafeERC20FailedOperation: (token) => `the token ${token} refused a transfer`,
}

const LIQUIDATORS: Readonly<Record<string, Words>> = {
  DisclosureKeyIsZero: () => 'a disclosure key of zero is nobody’s',
  BondTooSmall: (bond, least) => `a bond of ${bond} lots is below the ${least} needed`,
  NotUnbonding: (account) => `${account} has not asked for its bond`,
  UnbondingUnderWay: (_account, from) => `the bond is free at second ${from} of the chain's clock`,
  NotWhitelisted: (account) => `${account} is not whitelisted`,
  LiquidatorNotActive: (account) =>
    `${account} may not bid: a liquidator is whitelisted, has a disclosure key and a full bond`,
  SubAccountOfAnother: (tag, owner) =>
    BigInt(String(owner)) === 0n
      ? `nobody has shown to own the account ${tag}: withdraw zero lots from it first`
      : `the sub-account ${tag} belongs to ${owner}`,
  SubAccountInUse: (tag) => `the sub-account ${tag} is locked for a case`,
  SubAccountNotVouchedFor: (tag) =>
    `the venue has not vouched that the sub-account ${tag} holds nothing but cash, or it changed since`,
  SubAccountInCase: (tag) => `the account ${tag} is in a case or bid in already`,
}

const PROOFS: Readonly<Record<string, Words>> = {
  EngineSignalOutOfField: (index, value) =>
    `public signal number ${index} is ${value}, not below the field modulus: it would alias another value`,
  BookRootIsNotHead: () => 'the transfer starts from another book than the head: prove again on the head',
  CaseTagMismatch: () => 'the proof is about another account than the case',
  CasePlaceMismatch: (given, place) =>
    `the proof changes place ${given}, but the case's account stands at ${place}`,
  ReceiverOwnerMismatch: () =>
    'the transfer goes to an account with the right tag that belongs to somebody else than the winner',
  CaseRoundMismatch: () => 'the transfer is priced on another round than the lot was sold on',
  LotTermsMismatch: () => 'the lot is of another mode than this case sells, or its terms have stray bits',
  TransferTermsMismatch: () =>
    'the terms of the transfer (mode, percent, cost, discount, fee, escrow or levels) are not those of the sale',
  SummaryHasStrayBits: () => 'the summary of the lot has bits beyond its last field',
  PlacesHaveStrayBits: () => 'the places of the transfer have bits beyond the last field',
  SliceMismatch: () => 'the transfer moves another lot than was sold',
  SubAccountMismatch: () => 'the transfer goes to another account than the winner’s sub-account',
}

const CASES: Readonly<Record<string, Words>> = {
  UnknownCase: (caseId) => `there is no case ${caseId}`,
  CaseAlreadyOpen: (tag) => `the account ${tag} is in a case already`,
  WrongStage: (_caseId, stage) => `the case is ${stageWords(stage)}`,
  NotTheStage: (caller, stage) => `${caller} has no say in a case that is ${stageWords(stage)}`,
  NotInStage: (_caseId, stage, expected) =>
    `the case is ${stageWords(stage)}, and this needs it to be ${stageWords(expected)}`,
  NotTriggered: () => 'no fresh record says that the account is below this threshold',
  BelowMaintenance: () => 'the account is below its maintenance margin: open a full case',
  NewerRoundMissing: (_caseId, round) => `no round newer than ${round} is posted yet`,
  NoRoomToHold: (held) => `${held} leaves are held and no more can be, so the venue could not confirm`,
  NotRecovered: () => 'no fresh record says that the account is covered at the threshold',
  RecordNotNewer: (_tag, round, head) =>
    `the record on round ${round} and head ${head} is older than the case`,
  CureOfAnother: () => 'the deposit is for another account than the case',
  NotSoft: () => 'this is not a soft case that can become a full one',
  LotIsInsolvent: () => 'the account owes more than it has: it has an entry of its own',
  LotIsSolvent: () => 'the account is solvent: it has an entry of its own',
  LotRoundNotNewer: (_caseId, round, previous) =>
    `the lot is on round ${round}, which must be newer than ${previous}`,
  LotIsAnother: (_tag, place) => `the leaf at place ${place} is not the one that the case holds`,
  InsolventLotMustBeWhole: (percent) => `an insolvent account is sold whole, not ${percent} percent of it`,
  LotCostMismatch: (given, most) =>
    `the lot restores the buffer after costs of ${given} basis points of its relief, but this sale can cost at most ${most}: plan it again`,
  NothingToConfirm: (_caseId, stage) => `the case is ${stageWords(stage)} and needs no new lot now`,
  LotTooOld: (_caseId, _time, maxAge) => `the lot is older than ${maxAge} s: it has to be proven again`,
}

const SALES: Readonly<Record<string, Words>> = {
  DiscountAboveCap: (discount, cap) => `a discount of ${discount} bps is above the lot's cap of ${cap} bps`,
  AskAboveCap: (ask, cap) => `an ask of ${ask} bps is above the lot's cap of ${cap} bps`,
  AlreadyOffered: () => 'one offer for each case, and it stands',
  NothingOffered: () => 'there is no offer to fetch',
  StillOnSale: () => 'the sale is not over yet',
  CommitmentIsZero: () => 'a commitment of zero opens to nothing',
  AlreadyCommitted: () => 'one bid for each case, and it stands',
  NothingCommitted: () => 'there is no bid of this bidder, or it was fetched',
  AlreadyRevealed: () => 'the bid is revealed already',
  CommitmentMismatch: () => 'the bid does not open the commitment of its sender',
  BidBelowReserve: (discount, cap) =>
    `a discount of ${discount} bps is below the reserve price: at most ${cap} bps`,
  CaseVoided: () => 'the round of the case was rejected: every bidder has the bond back',
  BidNotRevealed: () => 'a bid that was not revealed loses its bond',
  BidWasRevealed: () => 'a bid that was revealed loses nothing',
  AuctionNotFinished: () => 'the auction did not come to its end',
  DiscountBelowAsked: (discount, least) =>
    `the discount is ${discount} bps, below the ${least} bps asked for`,
  RestartPossible: (_caseId, until) =>
    `the lot may still be proven anew, until ${until} s of the engine's clock`,
  CutoffOffLevel: (cutoff, level, start) => `a cut-off of ${cutoff} bps is outside ${level} to ${start} bps`,
}

const SETTLEMENTS: Readonly<Record<string, Words>> = {
  AlreadyDue: (_caseId, by) => `the settlement is due already, by ${by} s of the engine's clock`,
  HeadStillReserved: () => 'the head is reserved for the settlement of another case',
  SettlementTooLate: (_caseId, by, time) =>
    `the settlement was due by ${by} s of the engine's clock, which shows ${time} s`,
  SettlementNotLate: (_caseId, by, time) =>
    `the venue has until ${by} s of the engine's clock to settle, which shows ${time} s`,
  RootNotSettleable: (_root, latest) =>
    `the round is not one of the two newest that nobody can challenge any more (the latest is ${latest})`,
  RoundTooOld: (round, _time, maxAge) => `round ${round} is older than ${maxAge} s`,
  AwardWaits: (round, level) =>
    `at level ${level} of the circuit breaker an award waits for a round after the lot's, ${round}`,
  RoundsStand: () => 'the rounds of the case stand: nothing about it is void',
  NoBondHeld: () => 'no bond of this case waits for a round to become final',
  StepRoundOlder: (round, previous) => `the step is on round ${round}, and one on round ${previous} was made`,
  CounterpartyInCase: (tag) => `the account ${tag} is in a case itself, or bid in`,
  NotInsolvent: () => 'the account was solvent: no fund pays for it',
}

const HOUSE: Readonly<Record<string, Words>> = {
  BudgetExceeded: (carried, lots, budget) =>
    `the clearing house carries ${carried} lots, and ${lots} more are above its budget of ${budget}`,
  CaseCapExceeded: (lots, cap) => `the clearing house takes ${cap} lots of a case at most, not ${lots}`,
  CapitalTooSmall: (lots, capital) => `the clearing house has ${capital} lots of free capital, not ${lots}`,
  SubAccountHoldsInventory: (tag) => `the sub-account ${tag} of the clearing house is taken`,
  StillToBeSettled: () => 'the clearing house has this lot, or is to have it',
  NothingAbsorbed: () => 'the clearing house has nothing of this case',
  NoInventory: (tag) => `the sub-account ${tag} holds no inventory of the clearing house`,
  StepTooSoon: (_tag, from) => `the next step may be taken at second ${from} of the chain's clock`,
  StepTooLarge: (lots, share, depth) =>
    `a step of ${lots} lots is above a step's share of the inventory (${share}) or of the depth (${depth})`,
  NotTheFund: (caller) => `${caller} is not the insurance fund`,
  NotCash: (instrument) => `only cash is worked off this way, not instrument ${instrument}`,
}

export const ENGINE_REASONS: Readonly<Record<string, Words>> = {
  ...CLOCK,
  ...GOVERNANCE,
  ...MONEY,
  ...LIQUIDATORS,
  ...PROOFS,
  ...CASES,
  ...SALES,
  ...SETTLEMENTS,
  ...HOUSE,
}

function stageWords(stage: unknown): string {
  return STAGE_WORDS[Number(stage)] ?? `in stage ${stage}`
}
