/** Which events of which contracts the service reads, what each is about, and how listeners are told of it. */
import type { FeedKind } from '../api/chain-schemas.ts'
import type { EventValues, RecordKind } from './records.ts'

export interface ToldEvent {
  readonly feed: FeedKind
  /** Which record it changes: the value that names it. */
  readonly subject?: readonly [RecordKind, string]
}

const ofRound = { feed: 'round', subject: ['round', 'sequence'] } as const
const ofHead = { feed: 'head', subject: ['head', 'sequence'] } as const
const ofCase = { feed: 'case', subject: ['case', 'caseId'] } as const
const ofBid = { feed: 'bid', subject: ['case', 'caseId'] } as const
const ofSeal = { feed: 'seal', subject: ['seal', 'id'] } as const
const ofLiquidator = { feed: 'engine', subject: ['liquidator', 'liquidator'] } as const
const ofFund = { feed: 'fund' } as const
const ofEngine = { feed: 'engine' } as const

/** By the contract's name in the deployment, then by the event's. Everything that is not here is not read. */
export const TOLD: Readonly<Record<string, Readonly<Record<string, ToldEvent>>>> = {
  oracle: { RoundPosted: ofRound, RoundData: ofRound, RoundRejected: ofRound, ChallengeWon: ofRound },
  registry: { Published: ofHead, HeadMoved: ofHead, HeadFinal: ofHead, EpochDesignated: { feed: 'seal' } },
  attestor: { Attested: { feed: 'attestation' }, Triggered: { feed: 'trigger' } },
  engine: {
    CaseOpened: ofCase,
    ConfirmationDue: ofCase,
    LotConfirmed: ofCase,
    CaseMoved: ofCase,
    CaseClosed: ofCase,
    KeeperBondLost: ofCase,
    VenuePenalised: ofCase,
    Awarded: { feed: 'award', subject: ['case', 'caseId'] },
    SettlementDue: ofCase,
    Settled: { feed: 'settlement', subject: ['case', 'caseId'] },
    SettlementFailed: ofCase,
    AwardVoid: ofCase,
    Deleveraged: { feed: 'settlement', subject: ['case', 'caseId'] },
    DebtCovered: { feed: 'settlement', subject: ['case', 'caseId'] },
    VenueBondChanged: ofFund,
  },
  soft: { Offered: ofBid, OfferReclaimed: ofBid },
  sealed: {
    Committed: ofBid,
    Revealed: ofBid,
    SealedBidsFinished: ofBid,
    BidReclaimed: ofBid,
    BidBondLost: ofBid,
  },
  dutch: { Taken: ofBid },
  house: { Absorbed: ofCase, NotTaken: ofCase, Released: ofCase, WorkedOff: ofFund, LossPaid: ofFund },
  clock: { Paused: ofEngine, Resumed: ofEngine },
  parameters: { ParameterSet: ofEngine },
  fund: { FeesPaid: ofFund, TaxPaid: ofFund, PenaltyPaid: ofFund, Donated: ofFund, LossCovered: ofFund },
  liquidators: { Whitelisted: ofLiquidator, Delisted: ofLiquidator },
  seals: {
    SealSubmitted: ofSeal,
    StepDemanded: ofSeal,
    StepAnswered: ofSeal,
    SealRejected: ofSeal,
    SealFinal: ofSeal,
    SealOvertaken: ofSeal,
  },
}

/** kind:id, or null for an event that changes no record. */
export function subjectOf({ subject }: ToldEvent, values: EventValues): string | null {
  return subject === undefined ? null : `${subject[0]}:${values[subject[1]]}`
}
