import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HDNodeWallet, Interface, Wallet } from 'ethers'
import { describe, expect, it } from 'vitest'
import { commit } from '../../chain/fixtures/engine-bids.ts'
import { ALICE } from '../../chain/fixtures/engine-chain.ts'
import { deploymentFile, VENUE_KEY } from '../chain-world.ts'
import { startWorld } from '../world.ts'
import { target, w } from './shared.ts'

/** Of the local chain, and its account of Alice. */
const MNEMONIC = 'test test test test test test test test test test test junk'
const PATH_OF_ALICE = `m/44'/60'/0'/0/${ALICE}`

export function serviceTellsTheChain(): void {
  describe('the service on top', () => {
    it('answers with what the chain says, and tells it to listeners from where they were cut off', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'tacit-chain-api-'))
      const world = await startWorld({
        TACIT_PROVERS: '0',
        TACIT_RPC_URL: w.chain.url,
        TACIT_DEPLOYMENT: deploymentFile(folder, target()),
        TACIT_CHAIN_POLL_MS: '100',
        TACIT_STREAMS_PER_ADDRESS: '1',
      })
      try {
        const { client } = world
        const alice = await world.signIn(
          new Wallet(HDNodeWallet.fromPhrase(MNEMONIC, '', PATH_OF_ALICE).privateKey),
        )
        const caseId = await w.onSale()
        await commit(w, caseId, ALICE, 50n)
        // The venue may be first.
        await world
          .as('venue')
          .writePackage(caseId, await w.base.address(ALICE), { round: 2, package: 'a lot' })
        await expect
          .poll(async () => (await client.auctions()).auctions[0]?.commitments, { timeout: 60_000 })
          .toBe(1)
        expect(await alice.packages(caseId)).toEqual([{ round: 2, package: 'a lot' }])
        const overview = await client.overview()
        expect(overview).toMatchObject({
          chain: { trouble: null },
          clock: { isPaused: false, isStale: false },
          round: { sequence: w.base.round, hasMarket: false },
          cases: { open: 1, byStage: { sealed: 1 } },
          funds: { insuranceLots: '30000000', venueBondLots: '20000000' },
        })
        expect((await client.oracleRounds()).map(({ sequence }) => sequence)[0]).toBe(w.base.round)
        expect(await client.oracleRound(w.base.round)).toEqual(overview.round)
        const { contracts, parameters, venueKey } = await client.deployment()
        const { engine } = target().deployment
        expect(contracts.find(({ name }) => name === 'engine')?.address).toBe(engine.toLowerCase())
        expect([parameters.commitWindow, venueKey]).toEqual(['60', VENUE_KEY])
        expect(Interface.from((await client.abi('sealed')).abi as never).getFunction('commit')).not.toBeNull()
        expect(await client.case(caseId)).toMatchObject({ source: 'chain', stage: 'sealed' })
        const word = { tag: caseId, kind: 'full' as const, stage: 'closed', round: 1, timeline: [] }
        await expect(world.as('venue').writeCase(caseId, word)).rejects.toMatchObject({ status: 409 })

        const listen = async (after: number) => {
          const ids: (number | undefined)[] = []
          for await (const { event, id } of client.events({ after, seconds: 0 }))
            if (event === 'chain') ids.push(id)
          return ids
        }
        const all = await listen(0)
        expect(all.length).toBeGreaterThan(10)
        expect(await listen(all[4]!)).toEqual(all.slice(5))
        const stop = new AbortController()
        const first = client.events({ signal: stop.signal })
        await first.next()
        await expect(client.events().next()).rejects.toMatchObject({ status: 429 })
        stop.abort()
        await first.next().catch(() => {})
      } finally {
        await world.close()
        rmSync(folder, { recursive: true, force: true })
      }
    })
  })
}
