import { describe, expect, it } from 'vitest'
import type { EngineDeployment } from '../../../src/chain/engine-client/deployment.ts'
import { startLocalChain } from '../../../src/chain/local-chain.ts'
import { knownOf } from '../../../src/service/chain/follower.ts'
import { commit } from '../../chain/fixtures/engine-bids.ts'
import { ALICE } from '../../chain/fixtures/engine-chain.ts'
import { emptyDatabase, follow, followInto, startProxy } from '../chain-world.ts'
import { cases, expectReplay, feedOf, following, rpc, target, w } from './shared.ts'

const addressesOf = ({ verifiers, ...rest }: EngineDeployment) =>
  [...Object.values(verifiers), ...Object.values(rest)].filter((value) => /^0x\w{40}$/.test(`${value}`))

export function lostBlocksAreForgotten(): void {
  describe('a chain that reorganises', () => {
    it('takes back the case and the bids of its abandoned blocks, and nothing else', async () => {
      await following.catchUp()
      const snapshot = await rpc<string>('evm_snapshot')
      const before = await knownOf(following.database)
      const caseId = await w.onSale()
      await commit(w, caseId, ALICE, 50n)
      await following.catchUp()
      expect(await cases()).toHaveLength(1)
      await rpc('evm_revert', [snapshot])
      // The same height and more, with other blocks.
      await w.base.mine(600)
      await following.catchUp()
      expect(await cases()).toEqual([])
      expect(following.counts.reorganised).toBe(1)
      const abandoned = (await feedOf()).find(({ kind }) => kind === 'reorganised')
      expect(abandoned.block).toBe((before as { block: number }).block)
      await expectReplay()
    })

    it('is noticed when it became shorter', async () => {
      await following.catchUp()
      const snapshot = await rpc<string>('evm_snapshot')
      const before = await knownOf(following.database)
      await w.onSale()
      await following.catchUp()
      await rpc('evm_revert', [snapshot])
      await following.catchUp()
      expect(await knownOf(following.database)).toEqual(before)
    })

    it('is followed back into the middle of what was read at once, and through other versions of the same events', async () => {
      const first = await w.onSale()
      await w.base.mine(120)
      await following.catchUp()
      // The same transactions may come again in other blocks: anvil_reorg keeps some and drops the rest.
      await rpc('anvil_reorg', [8, []])
      await following.catchUp()
      expect(following.counts.reorganised).toBe(1)
      await expectReplay()
      await w.base.postRound().catch(() => {})
      await following.catchUp()
      expect((await cases()).map(({ caseId }) => caseId)).toEqual([first])
      await expectReplay()
    })

    it('may do so while it is read: nothing of two histories is mixed', async () => {
      for (let i = 0; i < 3; i++) {
        await w.onSale()
        const reading = following.catchUp().catch(() => {})
        await w.base.reset()
        await w.base.mine(12 * (i + 1))
        await reading
      }
      await following.catchUp()
      await expectReplay()
    })
  })

  describe('a chain that is started anew', () => {
    it('is read anew where it is a local one, and listeners are told', async () => {
      await w.onSale()
      await following.catchUp()
      const { url } = w.chain
      const other = await startLocalChain({ anyCodeSize: true })
      const proxy = await startProxy(url)
      try {
        // The same contracts at the same addresses, as a local deployment has them, and none of what has happened.
        for (const address of addressesOf(target().deployment))
          await other.provider.send('anvil_setCode', [
            address,
            await rpc<string>('eth_getCode', [address, 'latest']),
          ])
        await other.provider.send('anvil_mine', ['0x8'])
        const { database, folder } = await emptyDatabase()
        const moving = await followInto(database, folder, { ...target(), url: proxy.url })
        await moving.catchUp()
        expect(await cases(database)).toHaveLength(1)
        proxy.target = other.url
        await moving.catchUp()
        expect(moving.counts.restarted).toBe(1)
        expect((await feedOf(database)).some(({ kind }) => kind === 'restarted')).toBe(true)
        const fresh = await follow({ ...target(), url: other.url })
        await fresh.catchUp()
        expect(await knownOf(database)).toEqual(await knownOf(fresh.database))
        await fresh.close()
        await moving.close()
        await database.close()
      } finally {
        await proxy.close()
        await other.close()
      }
    })

    it('is refused, with the reason, while its contracts are not there, or it is another chain', async () => {
      const other = await startLocalChain({})
      const proxy = await startProxy(w.chain.url)
      try {
        await expect(follow({ ...target(), url: other.url })).rejects.toMatchObject({
          message: expect.stringMatching(/TACIT_DEPLOYMENT.*no contract at the address of/),
        })
        const moving = await follow({ ...target(), url: proxy.url })
        await moving.catchUp()
        proxy.target = other.url
        await expect(moving.catchUp()).rejects.toMatchObject({
          message: expect.stringMatching(/no contract/),
        })
        proxy.target = w.chain.url
        await moving.catchUp()
        await expectReplay(moving.database)
        await moving.close()
        const { deployment } = target()
        await expect(
          follow({ ...target(), deployment: { ...deployment, chainId: 1n } }),
        ).rejects.toMatchObject({
          message: expect.stringMatching(/TACIT_DEPLOYMENT.*is of chain 1/),
        })
        await expect(follow({ ...target(), url: 'http://127.0.0.1:9' })).rejects.toMatchObject({
          message: expect.stringMatching(/TACIT_RPC_URL.*does not answer/),
        })
      } finally {
        await proxy.close()
        await other.close()
      }
    })
  })
}
