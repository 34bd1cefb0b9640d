import { describe, expect, it } from 'vitest'
import { approveBond, demandStep, finalizeSeal, rejectSeal, sealsOf } from '../../../src/chain/seals.ts'
import { packWord } from '../../../src/protocol/packed-word.ts'
import { BOOK_TOTAL_BITS } from '../../../src/protocol/ranges.ts'
import { SEAL_COUNTS, SEAL_POLICY_CODES, SEAL_TOTALS } from '../../../src/protocol/solvency.ts'
import { listRecords } from '../../../src/service/storage/chain.ts'
import { CAROL, KEEPER } from '../../chain/fixtures/engine-chain.ts'
import { sealHead } from '../../chain/fixtures/engine-seals.ts'
import { expectReplay, following, w } from './shared.ts'

const DEMAND_SECONDS = 3_600
const ANSWER_SECONDS = 600
/** Bonds of the venue and of a demand, lots. */
const BONDS = [200_000n, 500n]

const seals = () => listRecords(following.database, 'seal', 10)

export function sealsAreRead(): void {
  describe('a seal that the venue submits', () => {
    it('is read with what it says of the book, from its call, and ends as the contract ends it', async () => {
      await w.deposit()
      const { epoch, headSequence } = await sealHead(w)
      await following.catchUp()
      const [pending] = await seals()
      expect(pending).toMatchObject({
        ...{ id: 1, epoch, headSequence, roundSequence: w.base.round, status: 'pending' },
        ...{ policy: 'predicates', accounts: 9, belowMm: 0, gaugeBps: 1_234, reservesNano: `${10n ** 12n}` },
        ...{ gauge: [{ bps: 77 }, { bps: 1_234 }, { bps: 0 }], tiers: null, equityNano: null },
      })
      await w.base.standsStill(21_601)
      await finalizeSeal(sealsOf(w.base.connection), w.base.signer(KEEPER), epoch)
      await following.catchUp()
      expect((await seals())[0]).toMatchObject({ status: 'final', belowMm: 0, gaugeBps: 1_234 })
      await expectReplay()
    })

    it('discloses tiers and sums where the policy says so, and is rejected where a step stays unanswered', async () => {
      const { connection } = w.base
      const parameters = [...BONDS, DEMAND_SECONDS, ANSWER_SECONDS, SEAL_POLICY_CODES.aggregates]
      await w.base.governed('seals', 'setParameters', [parameters])
      await w.deposit()
      const tiers = { reduceOnly: 1n, softLiquidation: 0n, fullLiquidation: 2n, insolvent: 1n }
      const counts = packWord(SEAL_COUNTS, { ...tiers, shortfallNano: 55n })
      const totals = packWord(SEAL_TOTALS, {
        requirementMmBpsNano: 10_001n,
        equityBiasedNano: (1n << BigInt(BOOK_TOTAL_BITS)) - 7n,
      })
      const { epoch } = await sealHead(w, { counts, totals, belowMm: 3n })
      await following.catchUp()
      expect((await seals())[0]).toMatchObject({
        ...{ status: 'pending', policy: 'aggregates', belowMm: 3, shortfallNano: '55' },
        tiers: { healthy: 5, reduceOnly: 1, softLiquidation: 0, fullLiquidation: 2, insolvent: 1 },
        ...{ equityNano: '-7', requirementMmNano: '2' },
      })
      const challenger = w.base.signer(CAROL)
      await approveBond(sealsOf(connection), challenger, 'demandBondLots')
      await demandStep(sealsOf(connection), challenger, epoch, 4)
      await w.base.standsStill(ANSWER_SECONDS + 1)
      await rejectSeal(sealsOf(connection), w.base.signer(KEEPER), epoch, 'unanswered', 4)
      await following.catchUp()
      expect((await seals())[0]).toMatchObject({ status: 'rejected', endedAtSeconds: await w.chain.now() })
      await expectReplay()
    })
  })
}
