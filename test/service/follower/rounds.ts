import { id } from 'ethers'
import { describe, expect, it } from 'vitest'
import { approveParameters, type Connection, signRound } from '../../../src/chain/client.ts'
import { connectOracle, type OracleConnection, postRoundWithData } from '../../../src/chain/oracle-client.ts'
import { deployOracle } from '../../../src/chain/oracle-deploy.ts'
import { openListing, RoundDesk } from '../../../src/chain/oracle-desk.ts'
import { OracleWatch } from '../../../src/chain/oracle-watch.ts'
import { MARGIN_INSTANCES } from '../../../src/protocol/instances.ts'
import { poseidonHasher } from '../../../src/protocol/poseidon.ts'
import { configurationHash } from '../../../src/risk/configuration-hash.ts'
import { DEFAULT_CONFIGURATION } from '../../../src/risk/default-configuration.ts'
import { Listing } from '../../../src/risk/listing.ts'
import { sampleMarket, shiftMarket } from '../../../src/risk/market/sample.ts'
import { buildRiskMatrix } from '../../../src/risk/matrix.ts'
import { roundView } from '../../../src/service/chain/views.ts'
import { listRecords, readCursor } from '../../../src/service/storage/chain.ts'
import { ADMIN, ALICE, CAROL, FEEDERS } from '../../chain/fixtures/engine-chain.ts'
import { type Following, follow } from '../chain-world.ts'
import { expectReplay, feedOf, rpc, target, w } from './shared.ts'

const CHALLENGE_SECONDS = 600
const BOND_WEI = 10n ** 16n
const INSTANCE = MARGIN_INSTANCES['margin-4']

/** A challengeable oracle beside the system, in the place of its own; its rounds are those of a small market. */
async function openOracle() {
  const hasher = await poseidonHasher()
  const [admin, address] = [w.base.signer(ADMIN), (index: number) => w.base.address(index)]
  const placed = await deployOracle({
    ...{ deployer: admin, instance: INSTANCE, admin: await address(ADMIN), quorum: 2, maxAgeSeconds: 600 },
    feeders: await Promise.all(FEEDERS.map(address)),
    ...{ challengeSeconds: CHALLENGE_SECONDS, bondWei: BOND_WEI, rewardBps: 5_000 },
    treasury: await address(ADMIN),
  })
  const connection = await connectOracle(placed.oracle, w.chain.provider)
  const first = sampleMarket({ seed: 1, size: 'small' })
  const pricing = { configuration: DEFAULT_CONFIGURATION, instance: INSTANCE, listing: Listing.empty }
  const matrixOf = (snapshot: typeof first) => buildRiskMatrix(hasher, { snapshot, ...pricing })
  const { parametersWord } = matrixOf(first)
  const hash = configurationHash(DEFAULT_CONFIGURATION)
  await approveParameters(connection as unknown as Connection, admin, parametersWord, hash)
  await openListing(connection, admin, DEFAULT_CONFIGURATION, await address(ADMIN))
  const desk = new RoundDesk(connection, hasher, admin)
  /** @param wrongBy is added to the root */
  const post = async (sequence: number, wrongBy = 0n) => {
    const shift = { spotBps: 37n * BigInt(sequence - 1), volBps: 0n, secondsLater: 60 * (sequence - 1) }
    const snapshot = shiftMarket(first, shift)
    const matrix = matrixOf(snapshot)
    const market = {
      snapshot,
      matrix,
      configuration: DEFAULT_CONFIGURATION,
      quotesHash: id(`quotes ${sequence}`),
    }
    const prepared = await desk.prepare(sequence, market)
    const round = { ...prepared.round, riskRoot: prepared.round.riskRoot + wrongBy }
    const signatures = await Promise.all(
      FEEDERS.map((index) => signRound(placed, w.base.signer(index), round)),
    )
    await postRoundWithData(connection, w.base.signer(ALICE), round, signatures, prepared.sections)
    desk.posted(prepared)
  }
  const challenger = w.base.signer(CAROL)
  const watch = new OracleWatch({
    ...{ connection, hasher, instance: INSTANCE, configurations: [DEFAULT_CONFIGURATION] },
    ...{ fromBlock: 0, challenger },
  })
  const { oracle, listing } = placed
  const followed = { ...target(), deployment: { ...target().deployment, oracle, listing } }
  return { connection, post, watch, followed }
}

/** As the service shows them, beside what the contract says as of the same block. */
async function expectAsTheContractSays({ database }: Following, { oracle }: OracleConnection): Promise<void> {
  const cursor = (await readCursor(database))!
  for (const record of await listRecords(database, 'round', 10)) {
    const ask = (method: string) =>
      oracle.getFunction(method).staticCall(record.sequence, { blockTag: cursor.block }) as Promise<unknown>
    const { status, challengeUntil } = roundView(record, cursor, undefined)
    expect(status === 'rejected', `round ${record.sequence}`).toBe(await ask('isRejected'))
    expect(status === 'settleable', `round ${record.sequence}`).toBe(await ask('isSettleable'))
    expect(challengeUntil).toBe(Number(await ask('windowEnd')))
  }
}

export function roundsAreRejected(): void {
  describe('rounds of a challengeable oracle', () => {
    it('are open, then final; a wrong one is rejected by its challenge, and stands again when that is undone', async () => {
      const { connection, post, watch, followed } = await openOracle()
      const reader = await follow(followed)
      const rounds = async () => {
        await reader.catchUp()
        await expectAsTheContractSays(reader, connection)
        return listRecords(reader.database, 'round', 10)
      }
      try {
        await post(1)
        await post(2, 1n)
        const poster = (await w.base.address(ALICE)).toLowerCase()
        expect(await rounds()).toMatchObject([
          { sequence: 2, isRejected: false, challenge: null, poster },
          { sequence: 1, isRejected: false, challenge: null, poster },
        ])
        const snapshot = await rpc<string>('evm_snapshot')
        expect((await watch.step()).map(({ state }) => state)).toEqual(['honest', 'challenged'])
        const challenger = (await w.base.address(CAROL)).toLowerCase()
        const [rejected, honest] = await rounds()
        expect(rejected).toMatchObject({
          isRejected: true,
          challenge: {
            challenger,
            rewardWei: `${BOND_WEI / 2n}`,
            block: await w.chain.provider.getBlockNumber(),
          },
        })
        expect(honest).toMatchObject({ isRejected: false })
        expect((await feedOf(reader.database)).map(({ event }) => event)).toEqual(
          expect.arrayContaining(['RoundRejected', 'ChallengeWon']),
        )
        await w.base.standsStill(CHALLENGE_SECONDS)
        await rounds()
        await expectReplay(reader.database, followed)
        await rpc('evm_revert', [snapshot])
        await w.base.restart()
        await w.base.mine(36)
        expect((await rounds())[0]).toMatchObject({ sequence: 2, isRejected: false, challenge: null })
        await expectReplay(reader.database, followed)
      } finally {
        await reader.close()
      }
    }, 240_000)
  })
}
