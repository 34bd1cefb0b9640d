import { describe, expect, it } from 'vitest'
import { readAward, readCase } from '../../../src/chain/engine-client/cases.ts'
import { auctionView } from '../../../src/service/chain/views.ts'
import { listRecords, readCursor } from '../../../src/service/storage/chain.ts'
import { bothBid, commit } from '../../chain/fixtures/engine-bids.ts'
import { ALICE, BOB } from '../../chain/fixtures/engine-chain.ts'
import { SUB_TAGS } from '../../chain/fixtures/engine-toy-signals.ts'
import { cases, expectReplay, feedOf, following, w } from './shared.ts'

export function casesAreFollowed(): void {
  describe('a case on the chain', () => {
    it('is told from trigger to settlement, as the contracts have it at every stage', async () => {
      const caseId = await w.onSale()
      await commit(w, caseId, ALICE, 50n)
      await following.catchUp()
      const { status } = (await readCursor(following.database))!
      const [onSale] = await cases()
      const said = await readCase(w.base.connection, caseId)
      expect(onSale).toMatchObject({ stage: 'sealed', since: Number(said.since), kind: 'full', ending: null })
      expect(auctionView(onSale!, status!, ['BTC', 'ETH'])).toMatchObject({
        mode: 'sealed',
        phase: 'commit',
        commitEnds: Number(said.since) + 60,
        revealEnds: Number(said.since) + 90,
        commitments: 1,
        lot: { percent: 40, health: 32, carryLots: `${said.carryLots}`, capBps: Number(said.capBps) },
      })
      await w.base.reset()
    })

    it('has its bids, its award and its end, each with block, transaction and time', async () => {
      const caseId = await w.onSale()
      await bothBid(w, caseId, 30n, 40n)
      await following.catchUp()
      const award = await readAward(w.base.connection, caseId)
      expect((await cases())[0]).toMatchObject({
        stage: 'awarded',
        award: {
          winner: award.winner.toLowerCase(),
          discountBps: 30,
          soldIn: 'sealed',
          settleBy: Number(award.settleBy),
        },
        bids: [
          { isRevealed: true, discountBps: 40 },
          { isRevealed: true, discountBps: 30 },
        ].reverse(),
      })
      await w.settle(caseId, SUB_TAGS[ALICE]!, { discountBps: award.discountBps })
      await following.catchUp()
      const [over] = await cases()
      expect(over).toMatchObject({ caseId, stage: 'closed', ending: 'settled' })
      const names = over!.timeline.map(({ event }) => event)
      expect(names[0]).toBe('Triggered')
      expect(names.slice(1, 4)).toEqual(['CaseOpened', 'CaseMoved', 'LotConfirmed'])
      expect(names).toEqual(
        expect.arrayContaining(['Committed', 'Revealed', 'Awarded', 'Settled', 'CaseClosed']),
      )
      for (const { block, transaction, atSeconds } of over!.timeline) {
        const receipt = await w.chain.provider.getTransactionReceipt(transaction)
        expect(receipt!.blockNumber).toBe(block)
        expect((await w.chain.provider.getBlock(block))!.timestamp).toBe(atSeconds)
      }
      const told = (await feedOf()).map(({ kind }) => kind)
      expect(told).toEqual(
        expect.arrayContaining(['round', 'head', 'trigger', 'case', 'bid', 'award', 'settlement']),
      )
      await expectReplay()
    })

    it('leaves the public auction where the contract has it', async () => {
      const caseId = await w.onSale()
      await w.base.passes(100)
      await w.base.send('sealed', 'finish', [caseId], ALICE)
      await w.base.passes(200)
      await following.catchUp()
      const { status, block } = (await readCursor(following.database))!
      const seen = auctionView((await cases())[0]!, status!, [])!
      const discount = await w.base.connection.contracts.dutch
        .getFunction('discountOf')
        .staticCall(caseId, { blockTag: block })
      expect(seen).toMatchObject({ mode: 'public', phase: 'falling', discountBps: Number(discount) })
      expect(seen.discountBps).toBeGreaterThan(0)
    })
  })

  describe('liquidators', () => {
    it('are whom the registry has whitelisted, and no more when it delists them', async () => {
      await following.catchUp()
      const listed = async () =>
        (await listRecords(following.database, 'liquidator', 10, true)).map(({ address }) => address).sort()
      const both = await Promise.all([ALICE, BOB].map((index) => w.base.address(index)))
      expect(await listed()).toEqual(both.map((address) => address.toLowerCase()).sort())
      await w.base.send('liquidators', 'delist', [both[1]], 0)
      await following.catchUp()
      expect(await listed()).toEqual([both[0]!.toLowerCase()])
    })
  })
}
