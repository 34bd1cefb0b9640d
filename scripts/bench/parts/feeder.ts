import { readFileSync } from 'node:fs'
import { parseEther } from 'ethers'
import { approveParameters, signRound } from '../../../src/chain/client.ts'
import { startLocalChain } from '../../../src/chain/local-chain.ts'
import { bindConfiguration, connectOracle } from '../../../src/chain/oracle-client.ts'
import { deployOracle } from '../../../src/chain/oracle-deploy.ts'
import { send } from '../../../src/chain/transactions.ts'
import { Aggregator } from '../../../src/feeder/aggregator.ts'
import { noMemory } from '../../../src/feeder/aggregator-memory.ts'
import { chainClock } from '../../../src/feeder/clock.ts'
import { Feeder, memoryInProcess } from '../../../src/feeder/feeder.ts'
import { quotedMarket } from '../../../src/feeder/file-source.ts'
import { OracleReader } from '../../../src/feeder/oracle-reader.ts'
import { pooledMaking } from '../../../src/feeder/pooled-making.ts'
import { signContent } from '../../../src/feeder/signatures.ts'
import { DEFAULT_ORACLE_PARAMETERS } from '../../../src/oracle/oracle-parameters.ts'
import { type QuotedMarket, withoutQuotes } from '../../../src/oracle/quoted-market.ts'
import { DEFAULT_INSTANCE } from '../../../src/protocol/instances.ts'
import { packMarginParameters } from '../../../src/protocol/parameters.ts'
import { marginParametersOf } from '../../../src/risk/configuration.ts'
import { configurationHash } from '../../../src/risk/configuration-hash.ts'
import { DEFAULT_CONFIGURATION } from '../../../src/risk/default-configuration.ts'
import { loadHighsSolver } from '../../../src/risk/hedge/highs.ts'
import { denseMarket } from '../market.ts'
import { rounded, type Timed, timed } from '../measure.ts'
import { type BenchPart, showCount, showSeconds } from '../part.ts'

const ADMIN = 0
const POSTER = 1
const FEEDERS = [2, 3, 4]
const QUORUM = 2
const EVERY_SECONDS = 60

/**
 * From a venue's answers to a posted round, on a local chain: the second of two rounds, when threads and hasher are warm. Timed is
 * what stands one after another: one feeder's reading, fit and signature, the aggregator's medians and matrix over three contents,
 * one feeder's recomputation and signature, the transaction. The other two feeders' contents and signatures are made in between
 * and not timed: they run at the same time on machines of their own. So are networks between them.
 */
export const feederPart: BenchPart = {
  name: 'feeder',
  summary: "from a feeder's market to a posted round",
  async run({ marketFiles }, say) {
    const files = marketFiles.map((name) => ({ name, text: readFileSync(name, 'utf8') }))
    const read = () => (files.length === 0 ? withoutQuotes(denseMarket()) : quotedMarket(files))
    const asOfSeconds = read().snapshot.asOfSeconds
    say('deploying to a local chain')
    const chain = await startLocalChain({ startSeconds: asOfSeconds })
    try {
      const connection = await deployed(chain)
      const parameters = DEFAULT_ORACLE_PARAMETERS
      const configurations = [DEFAULT_CONFIGURATION]
      const reader = new OracleReader({ connection, configurations, fromBlock: 0, parameters })
      const making = await pooledMaking(DEFAULT_INSTANCE, reader)
      const clock = chainClock(chain.provider, chain.chainId)
      const common = { reader, making, clock, parameters }
      const aggregator = new Aggregator({
        ...{ ...common, memory: noMemory(), gatherSeconds: 0 },
        ...{ poster: chain.signer(POSTER), lister: chain.signer(ADMIN) },
      })
      let reading: Timed<QuotedMarket> | undefined
      const take = async () => {
        const now = await clock()
        reading = await timed(() => laterBy(read(), now - asOfSeconds))
        return reading.value
      }
      const feeder = new Feeder({
        ...{ ...common, signer: chain.signer(FEEDERS[0]!), desk: aggregator, memory: memoryInProcess() },
        solve: await loadHighsSolver(),
        ...{ source: { name: 'bench', take }, everySeconds: EVERY_SECONDS, refreshSeconds: EVERY_SECONDS },
      })
      try {
        const oneRound = async (what: string) => {
          await aggregator.step()
          say(`${what}: reading and fitting`)
          const spoken = await timed(() => feeder.step())
          const head = await reader.read()
          const { content } = spoken.value.said!
          for (const index of FEEDERS.slice(1)) {
            await aggregator.takeContent(await signContent(head, chain.signer(index), content))
          }
          say(`${what}: medians, matrix, signatures`)
          let proposed = await timed(() => aggregator.step())
          if (proposed.value.state === 'listed') proposed = await timed(() => aggregator.step())
          const judged = await timed(() => feeder.step())
          const { round } = (await aggregator.proposal())!
          const signature = await signRound(await reader.read(), chain.signer(FEEDERS[1]!), round)
          await aggregator.takeVerdict({ signs: true, sequence: round.sequence, signature })
          const posted = await timed(() => aggregator.step())
          if (posted.value.posted === undefined) throw new Error(posted.value.reasons.join('; '))
          return { reading: reading!, spoken, proposed, judged, posted }
        }
        await oneRound('first round')
        await chain.advance(EVERY_SECONDS)
        return report(await oneRound('second round'))
      } finally {
        await making.close()
      }
    } finally {
      await chain.close()
    }
  },
}

/** The same quotes, later: a second round needs a second time. */
function laterBy(market: QuotedMarket, seconds: number): QuotedMarket {
  const { snapshot } = market
  return { ...market, snapshot: { ...snapshot, asOfSeconds: snapshot.asOfSeconds + seconds } }
}

async function deployed(chain: Awaited<ReturnType<typeof startLocalChain>>) {
  const address = (index: number) => chain.signer(index).getAddress()
  const admin = chain.signer(ADMIN)
  const { oracle } = await deployOracle({
    ...{ deployer: admin, admin: await address(ADMIN), treasury: await address(ADMIN) },
    ...{ instance: DEFAULT_INSTANCE, feeders: await Promise.all(FEEDERS.map(address)), quorum: QUORUM },
    ...{ maxAgeSeconds: 3_600, challengeSeconds: 600, bondWei: parseEther('1'), rewardBps: 5_000 },
  })
  const connection = await connectOracle(oracle, chain.provider)
  const hash = configurationHash(DEFAULT_CONFIGURATION)
  const word = packMarginParameters(marginParametersOf(DEFAULT_CONFIGURATION))
  await approveParameters(connection as never, admin, word, hash)
  await bindConfiguration(connection, admin, hash, DEFAULT_CONFIGURATION)
  const role = await connection.listing.getFunction('LISTER_ROLE').staticCall()
  await send(connection.listing, 'grantRole', [role, await address(ADMIN)], admin, connection.errors)
  return connection
}

type Round = Awaited<ReturnType<Aggregator['step']>>

interface Steps {
  readonly reading: Timed<QuotedMarket>
  readonly spoken: Timed<Awaited<ReturnType<Feeder['step']>>>
  readonly proposed: Timed<Round>
  readonly judged: Timed<unknown>
  readonly posted: Timed<Round>
}

function report({ reading, spoken, proposed, judged, posted }: Steps) {
  const strikes = reading.value.expiries.reduce((sum, { smile }) => sum + smile.length, 0)
  const instruments = posted.value.posted!.built.snapshot.instruments.length
  const steps = [spoken, proposed, judged, posted]
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0)
  const cpuSeconds = steps.reduce((sum, step) => sum + step.cpuSeconds, 0)
  const fitting = {
    seconds: spoken.seconds - reading.seconds,
    cpuSeconds: spoken.cpuSeconds - reading.cpuSeconds,
  }
  const parts = { reading, fitting, proposing: proposed, recomputing: judged, posting: posted }
  const times = Object.entries(parts).map(
    ([name, part]) =>
      [name, { seconds: rounded(part.seconds), cpuSeconds: rounded(part.cpuSeconds) }] as const,
  )
  const postGas = Number(posted.value.posted!.sent.gasUsed)
  const figures = {
    ...{ strikes, instruments, postGas, seconds: rounded(seconds), cpuSeconds: rounded(cpuSeconds) },
    parts: Object.fromEntries(times),
  }
  const row = (measure: string, part: Omit<Timed<unknown>, 'value'>) => ({
    measure,
    figure: `${showSeconds(part.seconds)} (${showSeconds(part.cpuSeconds)} of processor)`,
  })
  const all = { seconds, cpuSeconds }
  return {
    figures,
    rows: [
      row(`a feeder's market to a posted round, ${showCount(instruments)} instruments`, all),
      row(`of that: reading, ${showCount(strikes)} strikes`, reading),
      row('of that: fitting, signing, bringing', fitting),
      row('of that: medians, matrix, proposal', proposed),
      row('of that: recomputing and signing', judged),
      row('of that: posting with the raw data', posted),
    ],
  }
}
