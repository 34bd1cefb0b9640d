/** Words for the refusals of the challengeable oracle, its listing, its judges and its feeds. */
type Words = (...values: readonly unknown[]) => string

const ROUNDS: Readonly<Record<string, Words>> = {
  DataMissing: () => 'a round is posted here with its raw data only, or nobody could challenge it',
  ChallengeSecondsOutOfRange: (given) => `a challenge window of ${given} s is zero or longer than a week`,
  RewardOutOfRange: (bps) => `a challenger's share of ${bps} bps is zero or above the whole bond`,
  ConfigurationNotBound: (hash) => `governance has not said what words the configuration ${hash} stands for`,
  ConfigurationBoundAlready: (hash) => `the configuration ${hash} has its words already, for good`,
  WordsNotWhole: (length) => `${length} bytes are not the words of a configuration`,
  BondMismatch: (given, bond) => `a round is posted with a bond of ${bond} wei, not ${given}`,
  DataHashMismatch: (given, expected) => `the raw data hash to ${given}, and the round says ${expected}`,
  SectionsMissing: (given, expected) => `the raw data have ${given} sections and need ${expected}`,
  SectionsTooMany: (given, most) => `the raw data have ${given} sections, and of these at most ${most}`,
  SectionTooLong: (index, length, most) =>
    `section ${index} has ${length} bytes: with more than ${most} no challenge could bring it`,
  HeaderTooShort: (length) => `a header of ${length} bytes lacks its first words`,
  DataTimeMismatch: (given, ofRound) => `the raw data are of ${given}, and the round of ${ofRound}`,
  ListingNotInForce: (given, inForce) => `the round names the listing ${given}, and ${inForce} is in force`,
  RoundRejectedAlready: (sequence) => `round ${sequence} was rejected already`,
  ChallengeWindowOver: (sequence) => `round ${sequence} is final: its challenge window has passed`,
  ChallengeWindowOpen: (sequence) => `round ${sequence} can still be challenged, so its bond stays`,
  UnknownJudge: (judge) => `there is no judge ${judge}`,
  ChallengeFailed: (sequence) => `the evidence does not show round ${sequence} to be wrong`,
  BondGone: (sequence) => `the bond of round ${sequence} was paid out already`,
  ExternalFeedMalformed: (underlying, bound) =>
    `underlying ${underlying} cannot be compared with a feed within ${bound} bps`,
  LimitOutOfRange: (name, value) => `${name} = ${value} is no limit of a guard`,
  NothingOwed: (account) => `${account} is owed nothing`,
  PaymentFailed: (account) => `${account} does not take the payment`,
}

const EVIDENCE: Readonly<Record<string, Words>> = {
  SectionHashMismatch: (index) => `section ${index} is not the one that was posted`,
  SectionMissing: (index) => `the evidence lacks section ${index} of the raw data`,
  ListingHashMismatch: (given, ofRound) => `the listing hashes to ${given}, and the round names ${ofRound}`,
  PartHashMismatch: (index) => `part ${index} of the listing is not the one that the round names`,
  PartMissing: (index) => `the evidence lacks part ${index} of the listing`,
  ConfigurationHashMismatch: (given, ofRound) =>
    `the configuration hashes to ${given}, and the round was made with ${ofRound}`,
  EvidenceMismatch: (rounds, facts) =>
    `the evidence is about ${rounds} rounds, and the challenge names ${facts}`,
  RoundMissing: (sequence) => `the evidence lacks round ${sequence}, whose vector stands`,
  PlaceOutOfRange: (place) => `the risk tree has no place ${place}`,
  UnderlyingOutOfRange: (underlying) => `a configuration has no underlying ${underlying}`,
  GroupOutOfRange: (group) => `the risk tree has no group ${group}`,
  LeafNotPrepared: (place) =>
    `the leaf at place ${place} follows from another round, and has to be prepared first`,
  TopOutOfRange: (top) => `the risk tree has no top node ${top}`,
  OpeningMismatch: (given, posted) => `the opened leaves hash to ${given}, and the posted node is ${posted}`,
  OpeningOutOfField: (leaf) =>
    `the opened leaf ${leaf} is not below the field modulus: it would alias another`,
  NotHalted: (id) => `the round does not halt the instrument ${id}`,
  NotThePreviousRound: (given, previous) => `round ${given} is not the one before, ${previous}`,
  ArgumentOutOfRange: (argument) => `the recomputation met the number ${argument}, for which it has no value`,
  LevelsOutOfRange: (levels) => `no risk tree has ${levels} levels below its top`,
  WrongTables: (given, expected) => `the tables hash to ${given} instead of ${expected}`,
}

const LISTING: Readonly<Record<string, Words>> = {
  PartOutOfRange: (part, parts) => `the listing has ${parts} parts, and no part ${part} can be added`,
  FormerRowsMismatch: (part) => `the former rows are not those of part ${part}`,
  RowsNotWhole: (length) => `${length} bytes are not whole rows`,
  PlaceNotInOrder: (id) => `the instrument ${id} does not stand in order of place, or stands at place 0`,
  PlaceOutsidePart: (id, part) => `the place of the instrument ${id} does not belong to part ${part}`,
  RowMalformed: (row) => `the row ${row} is no instrument`,
  TermsChanged: (id) => `the instrument ${id} is listed with other terms, which never change`,
  GenerationNotNext: (id, next) => `the id ${id} is not of its place's next generation, ${next}`,
}

const FEEDS: Readonly<Record<string, Words>> = {
  NoData: (round) => `the feed has no round ${round}`,
  UnderlyingOutOfRange: (underlying) => `a round has no underlying number ${underlying}`,
  EpochNotNewer: (epoch, latest) => `the gauge of epoch ${epoch} is no newer than that of ${latest}`,
  SealNotFinal: (epoch) => `epoch ${epoch} has no final seal`,
  BoundsOutOfOrder: (least, most) => `the bounds ${least} to ${most} hold no positive price`,
  TooManyDecimals: (decimals) => `a feed of ${decimals} decimals is not read`,
  AnswerStale: (updatedAt, maxAge) =>
    `the feed has not changed since ${updatedAt}, longer ago than ${maxAge} s`,
  AnswerFromFuture: (updatedAt) => `the feed says that it changed at ${updatedAt}, which is yet to come`,
  AnswerOutOfBounds: (answer, least, most) =>
    `the feed's ${answer} nano-USD is not between ${least} and ${most}`,
}

export const ORACLE_REASONS: Readonly<Record<string, Words>> = {
  ...ROUNDS,
  ...EVIDENCE,
  ...LISTING,
  ...FEEDS,
}
