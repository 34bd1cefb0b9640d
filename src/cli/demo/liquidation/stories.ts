import type { Account } from '../../../book/account.ts'
import { accountTag } from '../../../book/leaf.ts'
import { marginIn } from '../../../book/liquidation/requirement.ts'
import { type ListedCase, listCases } from '../../../chain/engine-client/case-list.ts'
import { sendTo } from '../../../chain/engine-client/connection.ts'
import { offerSoft } from '../../../chain/engine-client/liquidator.ts'
import { readCostParameters } from '../../../chain/engine-client/parameters.ts'
import { act } from '../../../keeper/act.ts'
import { Keeper, type Report } from '../../../keeper/keeper.ts'
import { planCosts, planLot } from '../../../keeper/lot-plan.ts'
import { latestKnownRound } from '../../../keeper/prove-claim.ts'
import type { KnownRound } from '../../../keeper/rounds.ts'
import { commit, openSlice, priceSlice, refund, reveal } from '../../../liquidator/liquidator.ts'
import { ToolError } from '../../../protocol/errors.ts'
import { DEFAULT_GUARD_PARAMETERS } from '../../../protocol/guard-parameters.ts'
import { isBelow } from '../../../risk/margin.ts'
import { shortHash } from '../../format.ts'
import type { Output } from '../../output.ts'
import { type Cast, type CastAccount, PLANS, ROLES, type Role } from './cast.ts'
import type { Move } from './market.ts'
import { outcomesOf } from './outcomes.ts'
import { readFlows, readMoney } from './read-money.ts'
import type { Setting } from './setting.ts'
import { conservationChecks } from './tally.ts'
import type { LiquidationTeller } from './tell.ts'

export const CRASH: Move = { spotBps: -1_500n, volBps: 3_500n }
/** What the liquidators want to earn, basis points of the relief. */
const WANTED_BPS = { alice: 150n, bob: 240n } as const

/** Everybody who may hold test money. */
const PERSONS = ['admin', 'venue', 'keeper', 'alice', 'bob', 'owner', 'thief'] as const

/** Of the highest soft penalty. */
const ASKED_PERCENT = 80n

/** Four accounts, from the crash to the table at the end. */
export class Play {
  readonly #setting: Setting
  readonly #cast: Cast
  readonly #tags: Readonly<Record<Role, bigint>>
  readonly #tell: LiquidationTeller
  readonly #out: Output
  readonly #keeper: Keeper
  readonly #steps: { readonly kind: string; readonly role: string; readonly detail?: string }[] = []

  constructor(setting: Setting, cast: Cast, tell: LiquidationTeller, out: Output) {
    this.#setting = setting
    this.#cast = cast
    this.#tell = tell
    this.#out = out
    this.#keeper = new Keeper(setting.context)
    const tagOf = ({ account }: CastAccount) => accountTag(setting.context.hasher, account.secret)
    this.#tags = Object.fromEntries(ROLES.map((role) => [role, tagOf(cast[role])])) as Record<Role, bigint>
    for (const role of ROLES) setting.onlyTags.add(this.#tags[role])
  }

  async run(crash: KnownRound) {
    const { stage, market, context } = this.#setting
    await this.#fundHouse(crash)
    const before = context.venueBook.book.accounts
    const fromBlock = (await stage.chain.provider.getBlockNumber()) + 1
    // One print sells nothing: two more have to repeat it.
    for (let print = 0; print < DEFAULT_GUARD_PARAMETERS.repeatRounds; print++) {
      await market.wait(print === 0 ? 24 : 12)
      await market.round(CRASH)
    }
    this.#tell.crash(market.sequence, CRASH)
    await this.#softCase()
    await market.wait(48)
    await market.round(CRASH)
    await this.#recovery()
    await this.#sealedCase()
    await this.#houseCase()
    await this.#deleveraging()
    await this.#workOff()
    await this.#refunds()
    return this.#end(before, fromBlock)
  }

  /** Capital enough for one of the two lots that nobody bids for, and not for the other. */
  async #fundHouse(crash: KnownRound): Promise<void> {
    const { stage, context } = this.#setting
    const parameters = await readCostParameters(stage.connection)
    const carryOf = (role: Role) =>
      planLot({
        account: this.#cast[role].account,
        kind: 'full',
        caseId: `0x${'00'.repeat(32)}`,
        round: crash,
        slotCount: context.venueBook.instance.slots,
        solver: context.solver,
        costBps: planCosts(this.#cast[role].account.positions, crash, parameters),
      }).lot.summary.carryLots
    const [small, large] = [carryOf('house'), carryOf('deleveraged')]
    const capital = (small + large) / 2n
    if (small >= capital || capital >= large) {
      throw new ToolError('the demo needs one lot that the clearing house can carry and one that it cannot')
    }
    const { house } = stage.deployment
    await sendTo(stage.connection, 'escrow', 'depositFor', [house, capital], stage.signer('keeper'))
    this.#tell.house(capital)
  }

  // ---------------------------------------------------------------- the four stories

  async #softCase(): Promise<void> {
    this.#tell.section('Soft liquidation: a hedge before the maintenance margin is reached')
    await this.#work()
    const { stage, market, liquidators, subTags, onlyTags } = this.#setting
    // All four cases are open. Each account is followed through one case, so no further one is opened.
    onlyTags.clear()
    const { caseId, capBps } = (await this.#caseOf('soft')).engineCase
    const lot = await this.#open('alice', caseId)
    this.#tell.opened('alice', lot.moved.length)
    // A little below the cap: what the account keeps is room for the minutes until the next round.
    const askBps = (capBps * ASKED_PERCENT) / 100n
    await offerSoft(stage.connection, liquidators.alice.signer, caseId, askBps, subTags.aliceSoft)
    this.#tell.asked('alice', askBps, capBps)
    await market.wait(36)
    await this.#work()
  }

  /** On the next round the hedged account is back above SOFT, on record. */
  async #recovery(): Promise<void> {
    const { context } = this.#setting
    const round = await latestKnownRound(context)
    const tag = this.#tags.soft
    const margin = marginIn(round.risk, context.venueBook.opening(tag).account.positions)
    if (isBelow(margin, 'soft')) throw new ToolError('the hedged account of the demo is still below SOFT')
    const { sent } = await this.#out.task('proving the recovery', () =>
      act(context, { kind: 'attest', tag, threshold: 'soft' }),
    )
    this.#tell.recovered(PLANS.soft.name, margin, sent!.gasUsed)
  }

  async #sealedCase(): Promise<void> {
    this.#tell.section('Full liquidation: sealed bids')
    await this.#work()
    const { market, subTags, liquidators } = this.#setting
    const { engineCase } = await this.#caseOf('sealed')
    const round = await latestKnownRound(this.#setting.context)
    for (const part of ['alice', 'bob'] as const) {
      const lot = await this.#open(part, engineCase.caseId)
      const marginNano = (lot.reliefBpsNano * WANTED_BPS[part]) / 10n ** 8n
      const price = await priceSlice(liquidators[part], engineCase.caseId, lot, round.risk, { marginNano })
      if (price.bidBps === undefined) throw new ToolError('no bid within the reserve pays the liquidator')
      const subTag = part === 'alice' ? subTags.aliceSealed : subTags.bob
      await commit(liquidators[part], engineCase.caseId, { discountBps: price.bidBps, subTag })
      this.#tell.committed(part, lot.moved.length, price)
    }
    await market.wait(60)
    for (const part of ['alice', 'bob'] as const) await reveal(liquidators[part], engineCase.caseId)
    this.#tell.line('both reveal; nobody bids for the other two')
    await market.wait(36)
    await this.#work()
  }

  async #houseCase(): Promise<void> {
    this.#tell.section('Nobody bid: public auction, then the clearing house')
    const { market } = this.#setting
    await market.wait(132)
    await this.#work()
  }

  async #deleveraging(): Promise<void> {
    this.#tell.section('Too large for the clearing house: deleveraging by leverage')
    const { market, context } = this.#setting
    const isOpen = async () => (await this.#caseOf('deleveraged')).engineCase.stage === 'deleveraging'
    for (let step = 0; step < MOST_LEVELS && (await isOpen()); step++) {
      await market.wait(60)
      await market.round(CRASH)
      await this.#work()
    }
    if (await isOpen()) throw new ToolError('the deleveraging of the demo found no end')
    const positions = context.venueBook.opening(this.#tags.deleveraged).account.positions
    const margin = marginIn((await latestKnownRound(context)).risk, positions)
    this.#tell.covered(PLANS.deleveraged.name, margin)
  }

  async #workOff(): Promise<void> {
    const { stage, onlyTags, subTags } = this.#setting
    this.#tell.section('The clearing house lets go of capital, a step an interval')
    await sendTo(stage.connection, 'house', 'publishDepth', [DEPTH_LOTS], stage.signer('admin'))
    onlyTags.add(subTags.house)
    await this.#work()
  }

  async #refunds(): Promise<void> {
    const { liquidators } = this.#setting
    const { caseId } = (await this.#caseOf('sealed')).engineCase
    for (const part of ['alice', 'bob'] as const) await refund(liquidators[part], caseId, 'sealed')
  }

  async #end(before: readonly Account[], fromBlock: number) {
    const { stage, context } = this.#setting
    const { book } = context.venueBook
    const persons = await Promise.all(PERSONS.map((part) => stage.address(part)))
    const [money, flows] = [await readMoney(stage, persons), await readFlows(stage, fromBlock)]
    const checks = conservationChecks(before, book.accounts, money, flows, stage.deployment.unitsPerLot)
    const outcomes = await outcomesOf(this.#setting, this.#tags)
    this.#tell.section('Who got what')
    this.#tell.outcomes(outcomes)
    this.#tell.section(
      'Value is conserved (recomputed from the openings of the book and the ledgers of the contracts)',
    )
    this.#tell.checks(checks)
    if (checks.some(({ holds }) => !holds)) throw new ToolError('value was not conserved')
    return { cases: outcomes, conservation: checks, flows, steps: this.#steps }
  }

  // ---------------------------------------------------------------- hands

  /** The keeper looks and acts until there is nothing left to do. */
  async #work(): Promise<void> {
    await this.#out.task('the keeper proves and acts', (update) =>
      this.#keeper.work({
        starting: ({ kind }) => update(kind),
        told: (report) => this.#told(report),
      }),
    )
  }

  #told(report: Report): void {
    if (report.outcome === 'failed') throw report.error!
    if (report.outcome !== 'done') return
    const role = this.#roleOf(report)
    const { detail } = report
    this.#steps.push({ kind: report.action.kind, role, ...(detail === undefined ? {} : { detail }) })
    this.#tell.step(report, role)
  }

  readonly #roleByCase = new Map<string, Role>()

  #roleOf({ action, caseId }: Report): string {
    if ('tag' in action) {
      const role = ROLES.find((name) => this.#tags[name] === action.tag)
      if (role !== undefined && caseId !== undefined) this.#roleByCase.set(caseId, role)
      return role === undefined ? shortHash(action.tag.toString(16)) : PLANS[role].name
    }
    if ('caseId' in action) {
      const role = this.#roleByCase.get(action.caseId)
      return role === undefined ? shortHash(action.caseId) : PLANS[role].name
    }
    return 'clearing house'
  }

  async #caseOf(role: Role): Promise<ListedCase> {
    const listed = await listCases(this.#setting.stage.connection)
    const found = listed.find(({ engineCase }) => engineCase.tag === this.#tags[role])
    if (found === undefined) throw new ToolError(`the demo has no case of the ${PLANS[role].name}`)
    return found
  }

  async #open(part: 'alice' | 'bob', caseId: string) {
    const { liquidators, packageFor, stage, venueKey } = this.#setting
    const text = packageFor(caseId, await stage.address(part))
    return openSlice(liquidators[part], caseId, text, venueKey)
  }
}

/** Rounds that a deleveraging may take; the level is at its end after ten. */
const MOST_LEVELS = 14
/** 10 million USD. */
const DEPTH_LOTS = 1_000_000_000n
