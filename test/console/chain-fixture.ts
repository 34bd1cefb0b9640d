/** A chain's past as the follower stores it: rounds, seals, cases of every stage, lots on sale. Nothing of it is proven. */
import type { CaseRecord, ChainStatus, RoundRecord, SealRecord } from '../../src/service/chain/records.ts'
import type { Feed } from '../../src/service/storage/chain.ts'
import type { Database } from '../../src/service/storage/database.ts'

export const hash = (n: number) => `0x${n.toString(16).padStart(64, '0')}`
const address = (n: number) => `0x${n.toString(16).padStart(40, 'a')}`
/** The fixture's present, unix seconds: not long ago. */
export const NOW = Math.floor(Date.now() / 1_000)
const place = (block: number) => ({
  block,
  transaction: hash(0xabc000 + block),
  atSeconds: NOW - 12 * (1_000 - block),
})

function roundRecord(sequence: number, riskRoot: string): RoundRecord {
  const block = 700 + 10 * sequence
  return {
    ...place(block),
    sequence,
    riskRoot,
    timeSeconds: place(block).atSeconds - 5,
    parameters: '1',
    configurationHash: hash(7),
    marketHash: hash(8),
    isRejected: sequence === 3,
    poster: address(1),
    challenge:
      sequence === 3 ? { challenger: address(2), judge: 2, rewardWei: '1000', ...place(block + 2) } : null,
  }
}

function sealRecord(epoch: number): SealRecord {
  const block = 500 + 40 * epoch
  const bps = Math.round(1_400 + 900 * Math.sin(epoch / 2) + (epoch > 9 ? 5_200 : 0))
  return {
    ...place(block),
    id: epoch,
    epoch,
    status: epoch === 12 ? 'pending' : epoch === 5 ? 'rejected' : 'final',
    headSequence: 3 * epoch,
    roundSequence: epoch,
    stepsRoot: hash(0x500 + epoch),
    policy: 'aggregates',
    accounts: 240 + epoch,
    belowMm: epoch > 9 ? 7 - (epoch - 10) * 2 : epoch % 3 === 0 ? 1 : 0,
    gaugeBps: bps,
    gauge: [
      { underlying: 0, bps },
      { underlying: 1, bps: Math.round(bps * 0.55) },
    ],
    reservesNano: '250000000000000',
    tiers: { healthy: 221 + epoch, reduceOnly: 9, softLiquidation: 4, fullLiquidation: 4, insolvent: 2 },
    equityNano: '48211340550000000',
    requirementMmNano: '19443210000000000',
    shortfallNano: '8100450000000',
    endedAtSeconds: null,
  }
}

const lot: NonNullable<CaseRecord['lot']> = {
  percent: 37,
  isHedge: false,
  health: 52,
  isInsolvent: false,
  carryLots: '1250000',
  reliefLots: '940000',
  shortfallLots: '0',
  greeks: [
    { underlying: 0, delta: -12, gamma: -31, vega: -20 },
    { underlying: 1, delta: 3, gamma: -4, vega: -2 },
  ],
  round: 12,
  capBps: 2_340,
  feeBps: 100,
}

type Change = Partial<CaseRecord> & Pick<CaseRecord, 'stage'>

function caseRecord(n: number, { stage, ...change }: Change): CaseRecord {
  const event = (name: string, block: number, values: CaseRecord['timeline'][number]['values'] = {}) => ({
    ...place(block),
    event: name,
    values,
  })
  const begun = 900 + 10 * n
  return {
    caseId: hash(0xca5e0000 + n),
    tag: hash(0x7a6000 + n),
    kind: 'full',
    stage,
    round: 12,
    since: 5_000,
    ending: null,
    lot,
    bids: [],
    award: null,
    timeline: [
      event('TriggerRecorded', begun, { claim: 5, roundSequence: 11 }),
      event('CaseOpened', begun + 1, { keeper: address(9), bondLots: '50000' }),
      event('CaseConfirmed', begun + 3, { percent: 37, capBps: 2_340, carryLots: '1250000' }),
    ],
    ...change,
  }
}

const bidder = (n: number, discountBps: number | null): CaseRecord['bids'][number] => ({
  bidder: address(0xb1d0 + n),
  mode: 'sealed',
  isRevealed: discountBps !== null,
  discountBps,
  bondLots: '10000',
  ...place(940 + n),
})

export const CASES: readonly CaseRecord[] = [
  caseRecord(1, {
    stage: 'closed',
    ending: 'settled',
    bids: [bidder(1, 310), bidder(2, 275), bidder(3, 420)],
    award: {
      winner: address(0xb1d2),
      subTag: hash(0x5b),
      soldIn: 'sealed',
      discountBps: 275,
      taxBps: 0,
      escrowLots: '1250000',
      settleBy: 6_000,
      ...place(947),
    },
    timeline: [
      ...caseRecord(1, { stage: 'closed' }).timeline,
      { ...place(920), event: 'Committed', values: { bidder: address(0xb1d1), bondLots: '10000' } },
      { ...place(924), event: 'Revealed', values: { bidder: address(0xb1d2), discountBps: 275 } },
      { ...place(928), event: 'CaseAwarded', values: { winner: address(0xb1d2), discountBps: 275 } },
      { ...place(931), event: 'CaseSettled', values: { paidLots: '98000' } },
    ],
  }),
  caseRecord(2, { stage: 'sealed', bids: [bidder(1, null)] }),
  caseRecord(3, { stage: 'dutch', since: 4_900, lot: { ...lot, percent: 12, capBps: 3_000 } }),
  caseRecord(4, { stage: 'opened', lot: null }),
]

const status: ChainStatus = {
  clock: { engineSeconds: 5_020, atSeconds: NOW, isPaused: false, isStale: false },
  parameters: {
    commitWindow: '60',
    revealWindow: '30',
    softWindow: '60',
    dutchDuration: '900',
    houseWindow: '60',
    bidBondLots: '10000',
  },
  finalSequence: 33,
  funds: {
    insuranceLots: '104233012',
    gammaReserveLots: '51000000',
    houseCapitalLots: '40000000',
    houseCarriedLots: '1250000',
    venueBondLots: '10000000',
  },
}

/**
 * @param roots of rounds that the service has, oldest first: they are the chain's newest
 * @param keys of the chain's verifiers, by their hashes
 */
export async function storeChain(
  database: Database,
  roots: readonly string[],
  keys: Readonly<Record<'margin' | 'seal', string>>,
): Promise<void> {
  const verifyingKeys = Object.entries(keys).map(([proofs, hash]) => ({ proofs, verifier: address(4), hash }))
  const deployment = {
    chainId: 31_337,
    isLocal: true,
    walletRpcUrl: null,
    fromBlock: 1,
    venueKey: null,
    unitsPerLot: '10000',
    token: address(3),
    maxAgeSeconds: 3_600,
    challengeSeconds: 600,
    maxSecondsPerBlock: 30,
    verifyingKeys,
  }
  await database.query(
    `insert into chain_cursor (id, identity, deployment, block, hash, at_seconds, head_block, status)
     values (1, 'fixture', $1, 1000, $2, $3, 1000, $4)`,
    [JSON.stringify(deployment), hash(1_000), NOW, JSON.stringify(status)],
  )
  const put = (kind: string, id: string, block: number, isOpen: boolean, record: object) =>
    database.query(
      'insert into chain_records (kind, id, block, log_index, is_open, record) values ($1, $2, $3, 0, $4, $5)',
      [kind, id, block, isOpen, JSON.stringify(record)],
    )
  for (let sequence = 1; sequence <= 12; sequence++) {
    const root = roots[roots.length - 1 - (12 - sequence)] ?? hash(0x9000 + sequence)
    const record = roundRecord(sequence, root)
    await put('round', `${sequence}`, record.block, !record.isRejected, record)
  }
  for (let epoch = 1; epoch <= 12; epoch++) {
    const record = sealRecord(epoch)
    await put('seal', `${epoch}`, record.block, record.status === 'pending', record)
  }
  await put('head', '40', 990, true, { ...place(990), sequence: 40, bookRoot: hash(0xb00c), count: 252 })
  for (const [index, record] of CASES.entries())
    await put('case', record.caseId, 900 + index, record.stage !== 'closed', record)
}

/** As the follower tells of it. */
export function tell(database: Database, item: Feed): Promise<unknown> {
  return database.query('insert into chain_feed (block, kind, payload) values ($1, $2, $3)', [
    item.block,
    item.kind,
    JSON.stringify(item),
  ])
}
