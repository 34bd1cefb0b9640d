import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ledgerEntries, ledgerWords } from '../../src/book/ledger.ts'
import type { BundleHeader } from '../../src/bundle/records.ts'
import { trigger } from '../../src/chain/client.ts'
import { compareWithChain } from '../../src/chain/compare-bundle.ts'
import {
  answerStep,
  demandStep,
  finalizeSeal,
  proveTags,
  sealState,
  sealStateInWords,
  submitSeal,
} from '../../src/chain/seals.ts'
import type { Sent } from '../../src/chain/transactions.ts'
import type { SealSignals } from '../../src/protocol/seal-signals.ts'
import type { StepLink } from '../../src/prover/book-pass/request.ts'
import { StepsTree } from '../../src/prover/book-pass/steps-digest.ts'
import { CONFIGURATION, EPOCH, ProvenEpoch, ROUND } from './fixtures/proven-epoch.ts'
import { ANSWER_SECONDS, DEMAND_BOND_LOTS, DEMAND_SECONDS, VENUE_BOND_LOTS } from './fixtures/seals-world.ts'
import { KEEPER, STRANGER, VENUE } from './fixtures/world.ts'

/** A book of eight accounts, sealed on a chain with the real circuits: honest, and with cheating venues. */
let epoch: ProvenEpoch
beforeAll(async () => {
  epoch = await ProvenEpoch.start()
}, 1_200_000)
beforeEach(() => epoch.world.reset())
afterAll(() => epoch?.world.close())

const connection = () => epoch.world.connection
const signer = (index: number) => epoch.world.vaultWorld.signer(index)
const free = async (index: number) =>
  epoch.world.view<bigint>('freeLots', [await epoch.world.vaultWorld.address(index)])
const advance = (seconds: number) => epoch.world.chain.advance(seconds)
const tags = () => epoch.proofs.triggers.map(({ signals }) => signals.tag)

function submit(
  links: readonly StepLink[] = epoch.proofs.steps,
  changes: Partial<SealSignals> = {},
): Promise<Sent> {
  const { proof } = epoch.proofs.seal
  const signals = { ...epoch.proofs.seal.signals, ...changes }
  const stepsRoot = new StepsTree(links).root
  return submitSeal(connection(), signer(VENUE), { epoch: EPOCH, proof, signals, stepsRoot })
}

async function triggerAll(count = 4): Promise<void> {
  const beneficiary = await epoch.world.vaultWorld.address(KEEPER)
  const { connection: attestor } = epoch.world.vaultWorld.base
  for (const statement of epoch.proofs.triggers.slice(0, count)) {
    await trigger(attestor, signer(KEEPER), { ...statement, beneficiary })
  }
}

const demand = (step: number) => demandStep(connection(), signer(STRANGER), EPOCH, step)
const answer = (step: number, links: readonly StepLink[] = epoch.proofs.steps) =>
  answerStep(connection(), signer(VENUE), EPOCH, epoch.proofs.steps[step]!, links)

const ledgerOf = ({ ledger0, ledger1, ledger2 }: SealSignals) => ledgerEntries([ledger0, ledger1, ledger2])
function wordsOf(entries: Parameters<typeof ledgerWords>[0]): Partial<SealSignals> {
  const [ledger0, ledger1, ledger2] = ledgerWords(entries) as [bigint, bigint, bigint]
  return { ledger0, ledger1, ledger2 }
}

/** Nobody can answer the step: the seal is rejected and the challenger paid. */
async function expectRejectedAt(step: number): Promise<void> {
  await advance(ANSWER_SECONDS + 10)
  await epoch.world.send('rejectUnanswered', [EPOCH, step], KEEPER)
  expect(await sealState(connection(), EPOCH)).toMatchObject({ status: 'rejected' })
  expect(await free(STRANGER)).toBe(VENUE_BOND_LOTS / 2n + DEMAND_BOND_LOTS)
  await expect(finalizeSeal(connection(), signer(VENUE), EPOCH)).rejects.toMatchObject({
    rule: 'SealNotPending',
  })
}

describe('an honest venue', () => {
  it('seals, answers for every step, and its head is final with its gauge', async () => {
    await triggerAll()
    const gas: Record<string, bigint> = { submit: (await submit()).gasUsed }
    gas.proveTags = (await proveTags(connection(), signer(KEEPER), EPOCH, ROUND, tags())).gasUsed
    for (const { index } of epoch.proofs.steps) {
      gas.demand = (await demand(index)).gasUsed
      gas.answer = (await answer(index)).gasUsed
    }
    expect(await free(VENUE)).toBe(8n * DEMAND_BOND_LOTS)
    expect(sealStateInWords((await sealState(connection(), EPOCH))!)).toMatch(/4 of 4 accounts below/)
    await expect(finalizeSeal(connection(), signer(STRANGER), EPOCH)).rejects.toMatchObject({
      rule: 'DemandsStillTaken',
    })
    await advance(DEMAND_SECONDS)
    gas.finalize = (await finalizeSeal(connection(), signer(STRANGER), EPOCH)).gasUsed
    console.info('gas of a seal of eight accounts', gas)
    const { registry, contracts } = epoch.world.vaultWorld
    expect(await epoch.world.vaultWorld.view(registry, 'finalSequence')).toBe(2n)
    const { gauge } = epoch.proofs.seal.signals
    const words = [0n, 84n, 168n].map((shift) => (gauge >> shift) & ((1n << 84n) - 1n))
    const worst = words.reduce((most, bps) => (bps > most ? bps : most))
    expect(await epoch.world.vaultWorld.view(contracts.fund, 'gauge')).toBe(worst > 10_000n ? 10_000n : worst)
    expect(await free(VENUE)).toBe(8n * DEMAND_BOND_LOTS + VENUE_BOND_LOTS)
    await epoch.world.send('withdraw', [VENUE_BOND_LOTS], VENUE)
  })

  it('has a bundle that agrees with the chain', async () => {
    await submit()
    const { deployment } = epoch.world.vaultWorld.base.connection
    const { signals } = epoch.proofs.seal
    const header = (changes: object = {}) =>
      ({
        count: 8,
        statement: Object.fromEntries(
          Object.entries({ ...signals, ...changes }).map(([name, value]) => [name, `${value}`]),
        ),
        round: {},
        chain: {
          chainId: '31337',
          seals: String(epoch.world.seals.target).toLowerCase(),
          epoch: `${EPOCH}`,
          references: { ...deployment, roundSequence: ROUND, headSequence: 2, posting: null },
        },
      }) as unknown as BundleHeader
    const root = new StepsTree(epoch.proofs.steps).root
    const verdictOf = async (id: string, changes: object = {}, stepsRoot = root) => {
      const report = { keys: [], stepsRoot }
      const provider = epoch.world.chain.provider
      const all = await compareWithChain({ header: header(changes), report, provider, nowMs: () => 0 })
      return all.find((check) => check.id === id)!.verdict
    }
    expect(await verdictOf('chain-seal')).toBe('pass')
    expect(await verdictOf('chain-final')).toBe('skipped')
    expect(await verdictOf('chain-seal', {}, `0x${'11'.repeat(32)}`)).toBe('fail')
    for (const name of ['chainFirst', 'chainLast', 'belowMm', 'gauge', 'ledger0', 'ledger2']) {
      expect(await verdictOf('chain-seal', { [name]: 5n }), name).toBe('fail')
    }
    await demand(2)
    await advance(ANSWER_SECONDS + 10)
    await epoch.world.send('rejectUnanswered', [EPOCH, 2], KEEPER)
    expect(await verdictOf('chain-final')).toBe('fail')
  })
})

describe('a cheating venue', () => {
  it('that is silent loses its bond to the challenger, and may seal again', async () => {
    await submit()
    await demand(5)
    await expectRejectedAt(5)
    await expect(submit()).rejects.toMatchObject({ rule: 'RoundStale' })
    // The next round happens to have the same matrix.
    const { round } = epoch.solvency
    await epoch.world.vaultWorld.base.postRound(ROUND + 1, {
      riskRoot: round.tree.root,
      parameters: round.parameters,
      configurationHash: CONFIGURATION,
    })
    await submit()
    expect(await sealState(connection(), EPOCH)).toMatchObject({ status: 'pending', id: 2n })
  })

  it('that has put in a step of another round cannot answer for it', async () => {
    const { steps, foreign } = epoch.proofs
    const links = [{ ...steps[0]!, chainIn: foreign.chainIn, chainOut: foreign.chainOut }, ...steps.slice(1)]
    await submit(links)
    await demand(0)
    const answered = answerStep(connection(), signer(VENUE), EPOCH, foreign, links)
    await expect(answered).rejects.toMatchObject({ rule: 'FirstStateMismatch' })
    // With the seal's own first state in its place the proof is of something else.
    await epoch.world.reset()
    const mended = [{ ...steps[0]!, chainOut: foreign.chainOut }, ...steps.slice(1)]
    await submit(mended)
    await demand(0)
    const step = { ...foreign, chainIn: steps[0]!.chainIn }
    const again = answerStep(connection(), signer(VENUE), EPOCH, step, mended)
    await expect(again).rejects.toMatchObject({ rule: 'InvalidStep' })
    await expectRejectedAt(0)
  })

  it('that left out a leaf cannot answer for the step after it', async () => {
    const { steps } = epoch.proofs
    // Step 3 stands twice: once at its own place and once at that of step 2.
    const links = steps.map((step) => (step.index === 2 ? { ...steps[3]!, index: 2 } : step))
    await submit(links)
    await demand(3)
    await expect(answer(3, links)).rejects.toMatchObject({ rule: 'LinkBroken' })
    await expectRejectedAt(3)
  })

  it('that counts a leaf twice, in place of another, cannot answer for the second time', async () => {
    const { steps } = epoch.proofs
    const links = [0, 1, 2, 3, 3, 4, 5, 6].map((from, index) => ({ ...steps[from]!, index }))
    await submit(links)
    await demand(4)
    const again = { ...steps[3]!, index: 4 }
    const answered = answerStep(connection(), signer(VENUE), EPOCH, again, links)
    await expect(answered).rejects.toMatchObject({ rule: 'LinkBroken' })
    await expectRejectedAt(4)
  })

  it('that closes a gap with states of its own has no proof of the step across it', async () => {
    const { steps } = epoch.proofs
    // From the state before account 3 to that after account 4, and one step fewer.
    const across = { ...steps[3]!, chainOut: steps[4]!.chainOut }
    const links = [...steps.slice(0, 3), across, ...steps.slice(5)].map((step, index) => ({ ...step, index }))
    await submit(links)
    await demand(3)
    for (const { proof } of [steps[3]!, steps[4]!]) {
      const answered = answerStep(connection(), signer(VENUE), EPOCH, { ...across, proof }, links)
      await expect(answered).rejects.toMatchObject({ rule: 'InvalidStep' })
    }
    await expectRejectedAt(3)
  })

  it('that counts leaves beyond the count has a digest of another height', async () => {
    const { steps } = epoch.proofs
    const links = [...steps, { ...steps[7]!, index: 8 }]
    await submit(links)
    await expect(demand(8)).rejects.toMatchObject({ rule: 'StepOutOfRange' })
    await demand(7)
    await expect(answer(7, links)).rejects.toMatchObject({ rule: 'StepNotInDigest' })
    await expectRejectedAt(7)
  })

  it('that pays a debt with the equity of dummies: the seal holds for its reserves and for no less', async () => {
    await expect(submit(epoch.proofs.steps, { reserves: 0n })).rejects.toMatchObject({ rule: 'InvalidSeal' })
    // Cash that dummies would hold is not in the vault.
    const ledger = ledgerOf(epoch.proofs.seal.signals).map((entry, place) =>
      place === 0 ? { ...entry, lots: entry.lots + 1_000_000n } : entry,
    )
    await expect(submit(epoch.proofs.steps, wordsOf(ledger))).rejects.toMatchObject({
      rule: 'LedgerMismatch',
    })
  })

  it('that calls a derivative without its other side collateral has no vault that holds it', async () => {
    const ledger = [...ledgerOf(epoch.proofs.seal.signals), { instrumentId: 10, lots: 5n }]
    await expect(submit(epoch.proofs.steps, wordsOf(ledger))).rejects.toMatchObject({
      rule: 'LedgerMismatch',
    })
    const listed = epoch.world.send('listCollateral', [10], STRANGER)
    await expect(listed).rejects.toMatchObject({ rule: 'NotACollateral' })
  })

  it('that answers with the proof of another step is refused', async () => {
    const { steps } = epoch.proofs
    await submit()
    await demand(4)
    const borrowed = { ...steps[4]!, proof: steps[5]!.proof }
    const answered = answerStep(connection(), signer(VENUE), EPOCH, borrowed, steps)
    await expect(answered).rejects.toMatchObject({ rule: 'InvalidStep' })
    await expectRejectedAt(4)
  })

  it('that spares a friend has its seal rejected', async () => {
    await triggerAll(3)
    await submit()
    await proveTags(connection(), signer(KEEPER), EPOCH, ROUND, tags().slice(0, 3))
    await expect(proveTags(connection(), signer(VENUE), EPOCH, ROUND, tags())).rejects.toMatchObject({
      rule: 'TagNotTriggered',
    })
    await advance(DEMAND_SECONDS)
    await expect(finalizeSeal(connection(), signer(VENUE), EPOCH)).rejects.toMatchObject({
      rule: 'TagsTooFew',
    })
    await epoch.world.send('rejectUntriggered', [EPOCH], STRANGER)
    expect(await sealState(connection(), EPOCH)).toMatchObject({ status: 'rejected' })
    expect(await free(STRANGER)).toBe(VENUE_BOND_LOTS / 2n)
  })

  it('whose vault counts another lot than its book cannot submit; a donated token changes nothing', async () => {
    const { vault, token } = epoch.world.vaultWorld.contracts
    await epoch.world.vaultWorld.send(token, 'transfer', [vault.target, 10_000n], VENUE)
    await submit()
    await epoch.world.reset()
    await epoch.world.vaultWorld.send(vault, 'bringIn', [1, 1], VENUE)
    await expect(submit()).rejects.toMatchObject({ rule: 'LedgerMismatch' })
  })
})
