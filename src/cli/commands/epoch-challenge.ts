import { type Command, Option } from 'commander'
import { approveBond, demandStep, REJECTIONS, type RejectionReason, rejectSeal } from '../../chain/seals.ts'
import { send, view } from '../../chain/transactions.ts'
import { InputError } from '../../protocol/errors.ts'
import { CASH_LOT_NANO } from '../../protocol/liquidation.ts'
import type { Attach } from '../command.ts'
import {
  epochOf,
  parseNumber,
  parseStep,
  type SenderOptions,
  sending,
  sendingCommand,
  tellSent,
  withEpochNumber,
} from '../epoch-hand.ts'
import { EXIT } from '../exit-codes.ts'
import { usd } from '../format.ts'

const ANY_STEP = 'index of the step: that of the account in the book, from 0 (required)'

interface StepOptions extends SenderOptions {
  readonly step: number
}

export function demandCommand(attach: Attach): Command {
  const command = withEpochNumber(
    sendingCommand(
      {
        name: 'demand',
        summary: 'ask for the proof of one step',
        description:
          'Asks for one step of a pending seal, with a bond that pays whoever answers. Without an answer in its time the ' +
          'seal is rejected (tacit epoch reject) and half of its bond is yours.',
      },
      '--step 5',
    ),
  ).requiredOption('--step <index>', ANY_STEP, parseStep)
  return attach<StepOptions>(command, (invocation) =>
    sending(invocation, async (hand) => {
      const { step } = invocation.options
      const epoch = await epochOf(invocation.options, hand)
      const bondLots = await approveBond(hand.seals, hand.signer, 'demandBondLots')
      const sent = await demandStep(hand.seals, hand.signer, epoch, step)
      return tellSent(invocation, `step ${step} demanded, bond ${lotsUsd(bondLots)}`, sent, {
        epoch,
        step,
        bondLots,
      })
    }),
  )
}

interface RejectOptions extends SenderOptions {
  readonly because: RejectionReason
  readonly step?: number
}

export function rejectCommand(attach: Attach): Command {
  const command = withEpochNumber(
    sendingCommand(
      {
        name: 'reject',
        summary: 'end a seal that something speaks against',
        description:
          'Rejects a pending seal: for a step that was demanded and not answered in time, for fewer triggered tags than ' +
          'accounts below maintenance margin once the window is over, or for a ledger that is no longer its. Half of the ' +
          "venue's bond is the challenger's, half the insurance fund's.",
      },
      '--because unanswered --step 5',
    ),
  )
    .addOption(
      new Option('--because <reason>', 'what speaks against it (required)')
        .choices(Object.keys(REJECTIONS))
        .makeOptionMandatory(),
    )
    .option('--step <index>', 'for unanswered: index of the step', parseStep)
  return attach<RejectOptions>(command, (invocation) =>
    sending(invocation, async (hand) => {
      const { because, step } = invocation.options
      if ((because === 'unanswered') !== (step !== undefined)) {
        throw new InputError('goes with --because unanswered, and with nothing else', { field: '--step' })
      }
      const epoch = await epochOf(invocation.options, hand)
      const sent = await rejectSeal(hand.seals, hand.signer, epoch, because, step)
      return tellSent(invocation, `the seal of epoch ${epoch} is rejected`, sent, { epoch, because })
    }),
  )
}

interface ReclaimOptions extends StepOptions {
  readonly seal: number
}

export function reclaimCommand(attach: Attach): Command {
  const command = sendingCommand(
    {
      name: 'reclaim',
      summary: 'free the bond of a demand that was open when the seal was rejected',
      description:
        'When another demand had a seal rejected, the bonds of those that were still open go back, one by one.',
    },
    '--seal 4 --step 6',
  )
    .requiredOption('--seal <number>', 'number of the rejected seal (required)', parseNumber)
    .requiredOption('--step <index>', ANY_STEP, parseStep)
  return attach<ReclaimOptions>(command, (invocation) =>
    sending(invocation, async ({ seals, signer }) => {
      const { seal, step } = invocation.options
      const sent = await send(seals.seals, 'reclaim', [seal, step], signer, seals.errors)
      return tellSent(invocation, `the bond of step ${step} is free`, sent, { seal, step })
    }),
  )
}

export function withdrawCommand(attach: Attach): Command {
  const command = sendingCommand({
    name: 'withdraw',
    summary: 'fetch bonds that are free',
    description:
      'Pays out everything that EpochSeals owes you: bonds that went back, and what you were paid.',
  })
  return attach<SenderOptions>(command, (invocation) =>
    sending(invocation, async ({ seals, signer }) => {
      const { out } = invocation
      const lots = await view<bigint>(seals.seals, 'freeLots', [await signer.getAddress()], seals.errors)
      if (lots === 0n) {
        out.print('nothing is free')
        out.result({ lots })
        return EXIT.done
      }
      const sent = await send(seals.seals, 'withdraw', [lots], signer, seals.errors)
      return tellSent(invocation, `${lotsUsd(lots)} fetched`, sent, { lots })
    }),
  )
}

function lotsUsd(lots: bigint): string {
  return `${usd(lots * CASH_LOT_NANO)} USD`
}
