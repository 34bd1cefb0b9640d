import { latestKnownRound } from '../../../keeper/prove-claim.ts'
import type { KeeperProvers } from '../../../keeper/provers.ts'
import { KnownRounds, knownRound } from '../../../keeper/rounds.ts'
import type { CircuitArtifacts } from '../../../prover/backend.ts'
import type { RiskMatrix } from '../../../risk/matrix.ts'
import type { Output } from '../../output.ts'
import type { Session } from '../../session.ts'
import type { Stage } from '../stage.ts'
import type { Teller } from '../tell.ts'
import { liquidationCast } from './cast.ts'
import { DemoMarket, type Move } from './market.ts'
import { playSeal } from './seal.ts'
import {
  endowMembers,
  liquidatorContext,
  openContext,
  publishCast,
  registerSubAccounts,
  type Setting,
  shortenAuction,
} from './setting.ts'
import { CRASH, Play } from './stories.ts'
import { LiquidationTeller } from './tell.ts'

const CALM: Move = { spotBps: -500n, volBps: 800n }

export interface LiquidationRequest {
  readonly session: Session
  readonly stage: Stage
  readonly provers: KeeperProvers
  /** The last round that was posted, and its sequence. */
  readonly previous: RiskMatrix
  readonly sequence: number
  readonly seed: number
  /** Of the seal: the book is sealed at the end. */
  readonly seal: CircuitArtifacts | undefined
  readonly teller: Teller
  readonly out: Output
}

/** The demo goes on: a crash, and what becomes of four accounts. Its return is what --json prints. */
export async function playLiquidation(request: LiquidationRequest) {
  const { session, stage, provers, teller, out } = request
  const rounds = new KnownRounds()
  const market = new DemoMarket(session, stage, rounds, request.previous, request.sequence)
  const opened = await openContext(session, stage, provers, rounds)
  const tell = new LiquidationTeller(teller, out)
  try {
    const liquidators = {
      alice: liquidatorContext(session, stage, 'alice', opened.folder),
      bob: liquidatorContext(session, stage, 'bob', opened.folder),
    }
    await shortenAuction(stage)
    await market.standStill()
    await endowMembers(stage, liquidators)
    await market.round(CALM)
    const crash = await market.priced(CRASH, 60)
    const cast = liquidationCast(crash, knownRound(crash.matrix, crash.snapshot).risk, request.seed)
    const { subTags, broughtInLots } = await publishCast(
      { stage, context: opened.context },
      cast,
      request.seed,
    )
    const setting: Setting = { ...opened, market, liquidators, subTags }
    tell.opening(session.instance, cast, broughtInLots)
    await out.task('showing who owns the sub-accounts', async () =>
      registerSubAccounts(setting, (await latestKnownRound(opened.context)).proving),
    )
    const play = new Play(setting, cast, tell, out)
    const story = await play.run(knownRound(crash.matrix, crash.snapshot))
    if (request.seal === undefined) return { ...story, seal: null }
    const sealed = { session, setting, artifacts: request.seal, move: CRASH, tell, out }
    return { ...story, seal: await playSeal(sealed) }
  } finally {
    opened.close()
    await market.close()
  }
}
