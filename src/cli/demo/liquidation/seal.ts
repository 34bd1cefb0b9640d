import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Contract, id, ZeroHash } from 'ethers'
import { accountTag } from '../../../book/leaf.ts'
import { netLots } from '../../../book/ledger.ts'
import { marginIn } from '../../../book/liquidation/requirement.ts'
import { epochContextOf } from '../../../bundle/statement.ts'
import { buildLocalTestContracts } from '../../../chain/build.ts'
import { designateEpoch } from '../../../chain/client.ts'
import { deployContract } from '../../../chain/deploy.ts'
import { sendTo, viewOf } from '../../../chain/engine-client/connection.ts'
import { type EpochFacts, readEpochFacts, recentRoundOf } from '../../../chain/epochs.ts'
import { countableTags } from '../../../chain/seal-demands.ts'
import {
  answerStep,
  approveBond,
  demandStep,
  finalizeSeal,
  proveTags,
  sealState,
  sealsOf,
  submitSeal,
} from '../../../chain/seals.ts'
import { send } from '../../../chain/transactions.ts'
import { act } from '../../../keeper/act.ts'
import { latestKnownRound } from '../../../keeper/prove-claim.ts'
import { ToolError } from '../../../protocol/errors.ts'
import { CASH_LOT_NANO } from '../../../protocol/liquidation.ts'
import type { CircuitArtifacts } from '../../../prover/backend.ts'
import { type BookPassResult, proveBook } from '../../../prover/book-pass/pass.ts'
import { grouped, usd } from '../../format.ts'
import type { Output } from '../../output.ts'
import type { Session } from '../../session.ts'
import type { Setting } from './setting.ts'
import type { LiquidationTeller } from './tell.ts'

const DAY_SECONDS = 86_400
const TOKEN = ['function mint(address to, uint256 units)', 'function approve(address spender, uint256 units)']

export interface SealRequest {
  readonly session: Session
  readonly setting: Pick<Setting, 'stage' | 'context' | 'market'>
  readonly artifacts: CircuitArtifacts
  /** The market of the last round. */
  readonly move: Parameters<Setting['market']['round']>[0]
  readonly tell: LiquidationTeller
  readonly out: Output
}

/** The book after the liquidations as an epoch: proven whole, posted, challenged, final. Returns what --json prints. */
export async function playSeal(request: SealRequest) {
  const { setting, tell, out } = request
  const { stage, context } = setting
  tell.section('An epoch of the whole book, sealed')
  const coins = await bringInCoins(request)
  tell.line(
    `The vault takes in what the accounts hold of ${coins} other collaterals, through the timelock's day`,
  )
  await setting.market.round(request.move)
  const below = await triggerAll(request)
  tell.line(
    `${below} accounts are below maintenance margin on this round; the keeper triggers every one of them`,
  )
  await designateEpoch(stage.connection, stage.signer('venue'))
  const facts = await readEpochFacts(stage.connection)
  const result = await out.task(`proving ${facts.count} accounts`, (update) =>
    proveEpoch(request, facts, (done) => update(`${done} of ${facts.count}`)),
  )
  const seals = sealsOf(stage.connection)
  const { epoch } = facts
  await approveBond(seals, stage.signer('venue'), 'venueBondLots')
  const { signals, proof } = result.pass.seal
  const submission = { epoch, signals, proof, stepsRoot: result.pass.stepsRoot }
  const sent = await submitSeal(seals, stage.signer('venue'), submission)
  tell.line(
    `${grouped(facts.count)} accounts counted once each, every derivative nets to zero, shortfall within reserves of ` +
      `${usd(signals.reserves)} USD: the seal is posted with a bond, gas ${grouped(sent.gasUsed)}`,
  )
  await approveBond(seals, stage.signer('alice'), 'demandBondLots')
  await demandStep(seals, stage.signer('alice'), epoch, 0)
  const answered = await answerStep(seals, stage.signer('venue'), epoch, result.firstStep, result.pass.links)
  tell.line(`alice demands step 0, the venue answers, gas ${grouped(answered.gasUsed)}`)
  const round = { epoch, roundSequence: (await sealState(seals, epoch))!.roundSequence }
  const keeper = stage.signer('keeper')
  const tags = await countableTags(context.connection, await keeper.getAddress(), round)
  if (tags.length > 0) await proveTags(seals, keeper, epoch, round.roundSequence, tags)
  const { demandSeconds } = await viewOf<{ demandSeconds: bigint }>(stage.connection, 'seals', 'parameters')
  await setting.market.skip(Number(demandSeconds))
  await finalizeSeal(seals, stage.signer('alice'), epoch)
  const { status, belowMm, triggeredTags } = (await sealState(seals, epoch))!
  if (status !== 'final') throw new ToolError(`the seal of the demo is ${status}`)
  const gaugeBps = await viewOf<bigint>(stage.connection, 'fund', 'gauge')
  tell.line(
    `${triggeredTags} of ${belowMm} tags shown, the window is over: head ${facts.headSequence} is final, and the fund's ` +
      `gauge is ${grouped(gaugeBps)} bps`,
  )
  return { epoch, status, accounts: facts.count, belowMm, gaugeBps, transaction: sent.transaction }
}

/** Spot that accounts hold becomes collateral of the vault, and lies there. How many instruments it is. */
async function bringInCoins({ session, setting: { stage, context, market } }: SealRequest): Promise<number> {
  const { connection, deployment, signer } = stage
  const net = netLots(context.venueBook.book.accounts)
  const held = session.snapshot.instruments
    .filter(({ kind }) => kind === 'spot')
    .map(({ symbol }) => session.matrix.listing.bySymbol(symbol)!.id)
    .filter((instrument) => (net.get(instrument) ?? 0n) !== 0n)
  const venue = signer('venue')
  const coins: string[] = []
  const { LocalTestToken } = await buildLocalTestContracts()
  for (const instrument of held) {
    const coin = await deployContract(LocalTestToken!, [`Coin ${instrument}`, 'COIN', 8], signer('admin'))
    const contract = new Contract(coin, TOKEN, stage.chain.provider)
    const units = net.get(instrument)!
    await send(contract, 'mint', [await venue.getAddress(), units], venue, connection.errors)
    await send(contract, 'approve', [deployment.vault, units], venue, connection.errors)
    coins.push(coin)
  }
  const add = (instrument: number, place: number) =>
    connection.contracts.vault.interface.encodeFunctionData('addCollateral', [instrument, coins[place], 1, 1])
  const batch = [held.map(() => deployment.vault), held.map(() => 0n), held.map(add), ZeroHash, id('coins')]
  await sendTo(connection, 'timelock', 'scheduleBatch', [...batch, DAY_SECONDS], signer('admin'))
  await market.skip(DAY_SECONDS + 1)
  await sendTo(connection, 'timelock', 'executeBatch', batch, signer('keeper'))
  for (const instrument of held) {
    await sendTo(connection, 'seals', 'listCollateral', [instrument], signer('keeper'))
    await sendTo(connection, 'vault', 'bringIn', [instrument, net.get(instrument)!], venue)
  }
  return held.length
}

/** Nobody is spared; and the fund holds what the insolvent owe. How many are below maintenance margin. */
async function triggerAll({ setting: { stage, context }, out }: SealRequest): Promise<number> {
  const { risk } = await latestKnownRound(context)
  const { hasher, venueBook } = context
  const margins = venueBook.book.accounts.map((account) => ({
    tag: accountTag(hasher, account.secret),
    margin: marginIn(risk, account.positions),
  }))
  const below = margins.filter(({ margin }) => margin.equityNano < margin.requirementNano.mm)
  await out.task('triggering', async (update) => {
    for (const [index, { tag }] of below.entries()) {
      update(`${index} of ${below.length}`)
      await act(context, { kind: 'trigger', tag, threshold: 'mm' })
    }
  })
  const owed = margins.reduce(
    (sum, { margin }) => sum + (margin.equityNano < 0n ? -margin.equityNano : 0n),
    0n,
  )
  if (owed > 0n) {
    await sendTo(stage.connection, 'fund', 'donate', [0, owed / CASH_LOT_NANO + 1n], stage.signer('venue'))
  }
  return below.length
}

async function proveEpoch(
  { session, setting: { stage, context }, artifacts }: SealRequest,
  facts: EpochFacts,
  progress: (done: number) => void,
): Promise<{ pass: BookPassResult; firstStep: ReturnType<BookPassResult['readStep']> }> {
  const { proving } = await latestKnownRound(context)
  await recentRoundOf(stage.connection, proving.tree.root)
  const folder = mkdtempSync(join(tmpdir(), 'tacit-demo-epoch-'))
  try {
    const { chainId, seals } = stage.deployment
    const pass = await proveBook({
      hasher: session.hasher,
      instance: session.instance,
      book: context.venueBook.book,
      round: proving,
      ledger: facts.ledger,
      reservesNano: facts.heldNano,
      liquidityNano: facts.liquidityNano,
      policy: facts.policy,
      context: epochContextOf({ chainId: `${chainId}`, seals, epoch: `${facts.epoch}` }),
      artifacts: { step: context.provers.margin.artifacts, seal: artifacts },
      folder,
      progress: ({ done }) => progress(done),
    })
    return { pass, firstStep: pass.readStep(0) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
