import type { Command } from 'commander'
import { type BundlePosting, readPosting } from '../../bundle/posting.ts'
import { bundleChunks, rewriteReferences } from '../../bundle/write-file.ts'
import { readEpochFacts, referencesOf } from '../../chain/epochs.ts'
import { openDemands } from '../../chain/seal-demands.ts'
import { answerStep, approveBond, sealState, submitSeal } from '../../chain/seals.ts'
import type { Sent } from '../../chain/transactions.ts'
import { InputError } from '../../protocol/errors.ts'
import { StepsTree } from '../../prover/book-pass/steps-digest.ts'
import type { Attach, Invocation } from '../command.ts'
import {
  type EpochHand,
  parseStep,
  type SenderOptions,
  sending,
  sendingCommand,
  tellSent,
} from '../epoch-hand.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { requireExisting } from '../files.ts'
import { grouped } from '../format.ts'

const EXAMPLE = 'epoch-7/epoch.tacit.jsonl'
const BUNDLE = 'bundle of the epoch, as tacit solvency wrote it'

export function postCommand(attach: Attach): Command {
  const command = sendingCommand(
    {
      name: 'post',
      summary: 'submit the seal of a bundle, with the bond',
      description:
        "Submits the seal and the digest of all steps, with the venue's bond, for which the contract is approved first. " +
        'The transaction is then written into the bundle, so that whoever verifies it with --rpc finds it. Keep the bundle: ' +
        'demands are answered from it.',
    },
    EXAMPLE,
  ).argument('<bundle>', BUNDLE)
  return attach<SenderOptions>(command, (invocation) => sending(invocation, (hand) => post(invocation, hand)))
}

async function post(invocation: Invocation<SenderOptions>, hand: EpochHand): Promise<ExitCode> {
  const { out, args } = invocation
  const path = requireExisting(args[0]!)
  const posting = await out.task('reading the bundle', () => readPosting(bundleChunks(path)))
  const epoch = epochIn(posting, hand, path)
  const { links, sealProof, statement } = posting
  const stepsRoot = new StepsTree(links).root
  const bondLots = await approveBond(hand.seals, hand.signer, 'venueBondLots')
  const submission = { epoch, proof: sealProof, signals: statement, stepsRoot }
  const sent = await submitSeal(hand.seals, hand.signer, submission)
  await keepPosting(path, epoch, hand, sent)
  const state = (await sealState(hand.seals, epoch))!
  out.notice(`wrote the transaction into ${path}`)
  return tellSent(invocation, `seal ${state.id} of epoch ${epoch} is pending`, sent, {
    epoch,
    seal: state.id,
    stepsRoot,
    bondLots,
    demandUntil: state.demandUntil,
  })
}

/** The bundle says where its seal was submitted, and everything else that the chain has by now. */
async function keepPosting(path: string, epoch: number, { chain, seals }: EpochHand, sent: Sent) {
  const facts = await readEpochFacts(chain.connection, epoch)
  const { roundSequence } = (await sealState(seals, epoch))!
  const { transaction, blockNumber } = sent
  const references = referencesOf(chain.connection, facts, roundSequence)
  await rewriteReferences(path, { ...references, posting: { transaction, blockNumber } })
}

interface AnswerOptions extends SenderOptions {
  readonly step?: number
}

export function answerCommand(attach: Attach): Command {
  const command = sendingCommand(
    {
      name: 'answer',
      summary: 'answer demands from the bundle',
      description:
        'Answers every open demand of the epoch, or one, with the step and its place in the digest. Anybody who has the ' +
        'bundle may; the bond of each demand is the answerer’s.',
    },
    EXAMPLE,
  )
    .argument('<bundle>', BUNDLE)
    .option('--step <index>', 'answer this step only', parseStep)
  return attach<AnswerOptions>(command, (invocation) =>
    sending(invocation, (hand) => answer(invocation, hand)),
  )
}

async function answer(invocation: Invocation<AnswerOptions>, hand: EpochHand): Promise<ExitCode> {
  const { out, args, options } = invocation
  const path = requireExisting(args[0]!)
  const { header } = await readPosting(bundleChunks(path))
  const epoch = epochIn({ header }, hand, path)
  const state = await sealState(hand.seals, epoch)
  if (state === undefined) throw new InputError(`epoch ${epoch} has no seal`, { file: path })
  const open = await openDemands(hand.chain.connection, state.id, hand.chain.fromBlock)
  const wanted = open
    .map(({ step }) => step)
    .filter((step) => options.step === undefined || step === options.step)
  if (options.step !== undefined && wanted.length === 0) {
    throw new InputError(`no demand for step ${options.step} is open`, { field: '--step' })
  }
  const { links, steps } = await out.task('reading the bundle', () =>
    readPosting(bundleChunks(path), (index) => wanted.includes(index)),
  )
  const answered: { step: number; transaction: string; gas: number }[] = []
  for (const step of wanted) {
    const { transaction, gasUsed } = await answerStep(hand.seals, hand.signer, epoch, steps.get(step)!, links)
    answered.push({ step, transaction, gas: Number(gasUsed) })
    out.print(`step ${step} answered: transaction ${transaction}, gas ${grouped(gasUsed)}`)
  }
  if (wanted.length === 0) out.print('no demand is open')
  out.result({ epoch, seal: state.id, answered })
  return EXIT.done
}

/** Throws InputError unless the bundle was made for these contracts. */
function epochIn({ header }: Pick<BundlePosting, 'header'>, { chain }: EpochHand, file: string): number {
  const { chainId, seals } = chain.deployment
  const made = header.chain
  if (made === null) throw new InputError('was made for no chain', { file, field: 'header.chain' })
  if (made.chainId !== `${chainId}`) {
    throw new InputError(`was made for chain ${made.chainId}, and the deployment is on chain ${chainId}`, {
      file,
      field: 'header.chain.chainId',
    })
  }
  if (made.seals !== seals.toLowerCase()) {
    throw new InputError(`was made for EpochSeals ${made.seals}, and the deployment has ${seals}`, {
      file,
      field: 'header.chain.seals',
    })
  }
  const epoch = Number(made.epoch)
  if (!Number.isSafeInteger(epoch)) throw new InputError('is no epoch', { file, field: 'header.chain.epoch' })
  return epoch
}
