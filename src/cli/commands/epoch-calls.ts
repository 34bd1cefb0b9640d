import type { Command } from 'commander'
import { designateEpoch } from '../../chain/client.ts'
import { newestEpoch, readEpochFacts } from '../../chain/epochs.ts'
import { countableTags } from '../../chain/seal-demands.ts'
import { finalizeSeal, proveTags, sealState } from '../../chain/seals.ts'
import { InputError } from '../../protocol/errors.ts'
import type { Attach } from '../command.ts'
import { parseTag } from '../engine-options.ts'
import {
  epochOf,
  parseNumber,
  type SenderOptions,
  sending,
  sendingCommand,
  tellSent,
  withEpochNumber,
} from '../epoch-hand.ts'
import { EXIT } from '../exit-codes.ts'

export function designateCommand(attach: Attach): Command {
  const command = sendingCommand({
    name: 'designate',
    summary: 'name the head of the book as the next epoch',
    description:
      'The venue names the present head as the one that the next epoch is sealed for. The head must be newer than that ' +
      'of the epoch before. Prove it then with tacit solvency --deployment.',
  })
  return attach<SenderOptions>(command, (invocation) =>
    sending(invocation, async ({ chain, signer }) => {
      const sent = await designateEpoch(chain.connection, signer)
      const { epoch, headSequence } = await readEpochFacts(
        chain.connection,
        await newestEpoch(chain.connection),
      )
      return tellSent(invocation, `epoch ${epoch} is head ${headSequence}`, sent, { epoch, headSequence })
    }),
  )
}

export function finalizeCommand(attach: Attach): Command {
  const command = withEpochNumber(
    sendingCommand({
      name: 'finalize',
      summary: 'end a seal that nothing speaks against',
      description:
        'Makes a seal final once the window for demands is over, every demand is answered, as many tags are shown to be ' +
        'triggered as it counts accounts below maintenance margin, and the ledger is still its. Anybody may.',
    }),
  )
  return attach<SenderOptions>(command, (invocation) =>
    sending(invocation, async (hand) => {
      const epoch = await epochOf(invocation.options, hand)
      const sent = await finalizeSeal(hand.seals, hand.signer, epoch)
      const status = (await sealState(hand.seals, epoch))!.status
      return tellSent(invocation, `the seal of epoch ${epoch} is ${status}`, sent, { epoch, status })
    }),
  )
}

interface TagsOptions extends SenderOptions {
  readonly tag?: readonly bigint[]
  readonly round?: number
}

export function tagsCommand(attach: Attach): Command {
  const command = withEpochNumber(
    sendingCommand({
      name: 'tags',
      summary: 'show which tags were triggered, so that the seal can be final',
      description:
        'Shows the contract distinct tags that were proven below maintenance margin (or zero) on the round and book of an ' +
        'epoch. Without --tag they are found among the events of the attestor. Anybody may; each prover counts alone, and ' +
        'the highest count stands.',
    }),
  )
    .option('--tag <tag>', 'a tag; repeat for several (default: all that count)', collectTag)
    .option('--round <number>', "sequence number of the round (default: the seal's)", parseNumber)
  return attach<TagsOptions>(command, (invocation) =>
    sending(invocation, async (hand) => {
      const { options, out } = invocation
      const { chain, seals, signer } = hand
      const epoch = await epochOf(options, hand)
      const roundSequence = options.round ?? (await sealState(seals, epoch))?.roundSequence
      if (roundSequence === undefined) {
        throw new InputError('is needed before there is a seal', { field: '--round' })
      }
      const about = { epoch, roundSequence }
      const tags =
        options.tag ??
        (await countableTags(chain.connection, await signer.getAddress(), about, chain.fromBlock))
      if (tags.length === 0) {
        out.print('no tag is left to show')
        out.result({ ...about, shown: 0 })
        return EXIT.done
      }
      const sent = await proveTags(seals, signer, epoch, roundSequence, tags)
      return tellSent(invocation, `${tags.length} tags shown`, sent, { ...about, shown: tags.length })
    }),
  )
}

function collectTag(text: string, earlier: readonly bigint[] = []): readonly bigint[] {
  return [...earlier, parseTag(text)]
}
