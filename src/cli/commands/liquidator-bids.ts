import type { Command } from 'commander'
import { readCase } from '../../chain/engine-client/cases.ts'
import { offerSoft, takeLot } from '../../chain/engine-client/liquidator.ts'
import type { Sent } from '../../chain/transactions.ts'
import { commit, refund, reveal } from '../../liquidator/liquidator.ts'
import { type Attach, type Invocation, newCommand } from '../command.ts'
import { bpsOption, parseBps, parseCaseId, parseTag } from '../engine-options.ts'
import { EXIT } from '../exit-codes.ts'
import { grouped, shortHash } from '../format.ts'
import { type LiquidatorOptions, withLiquidator, withLiquidatorHand } from '../liquidator-hand.ts'

interface BidOptions extends LiquidatorOptions {
  readonly case: string
  readonly discount: bigint
  readonly sub: bigint
}

export function bidCommand(attach: Attach): Command {
  const command = withLiquidator(
    newCommand({
      name: 'bid',
      summary: 'seal a bid, or offer to take a soft hedge',
      description:
        'Commits to a discount on the relief; the salt is kept in the file of bids, readable by you alone, before anything is ' +
        'sent. For a soft case the discount is offered openly. Lock enough free lots in the escrow first.',
      examples: [
        'liquidator bid --deployment deployment.json --key alice.key --disclosure-key alice.x25519 ' +
          '--case 0x... --discount 150 --sub 0x...',
      ],
    }),
  )
    .requiredOption('--case <id>', 'the case (required)', parseCaseId)
    .requiredOption('--discount <bps>', 'basis points of the relief (required)', parseBps)
    .requiredOption('--sub <tag>', 'tag of the sub-account that takes the lot (required)', parseTag)
  return attach<BidOptions>(command, (invocation) =>
    withLiquidatorHand(invocation, async (context) => {
      const { options } = invocation
      const { kind } = await readCase(context.connection, options.case)
      const sent =
        kind === 'soft'
          ? await offerSoft(context.connection, context.signer, options.case, options.discount, options.sub)
          : await commit(context, options.case, { discountBps: options.discount, subTag: options.sub })
      return tellSent(invocation, sent, kind === 'soft' ? 'offered' : 'sealed')
    }),
  )
}

interface CaseOptions extends LiquidatorOptions {
  readonly case: string
}

export function revealCommand(attach: Attach): Command {
  const command = caseOnly({
    name: 'reveal',
    summary: 'open the bid that you sealed',
    description: 'Opens your bid with the salt of the file of bids, once the time for commitments is over.',
  })
  return attach<CaseOptions>(command, (invocation) =>
    withLiquidatorHand(invocation, async (context) =>
      tellSent(invocation, await reveal(context, invocation.options.case), 'revealed'),
    ),
  )
}

interface TakeOptions extends CaseOptions {
  readonly sub: bigint
  readonly least: bigint
}

export function takeCommand(attach: Attach): Command {
  const command = caseOnly({
    name: 'take',
    summary: 'take a lot from the public auction',
    description: 'Takes the lot at the present discount, if it is at least what you ask for.',
  })
    .requiredOption('--sub <tag>', 'tag of the sub-account that takes the lot (required)', parseTag)
    .addOption(bpsOption('--least <bps>', 'least discount that you take it for', 0n))
  return attach<TakeOptions>(command, (invocation) =>
    withLiquidatorHand(invocation, async ({ connection, signer }) => {
      const { options } = invocation
      const sent = await takeLot(connection, signer, options.case, options.sub, options.least)
      return tellSent(invocation, sent, 'taken')
    }),
  )
}

export function refundCommand(attach: Attach): Command {
  const command = caseOnly({
    name: 'refund',
    summary: 'fetch bond and escrow of a bid or an offer',
    description: 'Gives you back what a bid or an offer locked, once its stage is over.',
  })
  return attach<CaseOptions>(command, (invocation) =>
    withLiquidatorHand(invocation, async (context) => {
      const { options } = invocation
      const { kind } = await readCase(context.connection, options.case)
      return tellSent(
        invocation,
        await refund(context, options.case, kind === 'soft' ? 'soft' : 'sealed'),
        'refunded',
      )
    }),
  )
}

function caseOnly(text: { name: string; summary: string; description: string }): Command {
  const example = `liquidator ${text.name} --deployment deployment.json --key alice.key --disclosure-key alice.x25519 --case 0x...`
  return withLiquidator(newCommand({ ...text, examples: [example] })).requiredOption(
    '--case <id>',
    'the case (required)',
    parseCaseId,
  )
}

function tellSent({ out, options }: Invocation<CaseOptions>, sent: Sent, what: string) {
  out.print(`${what}: transaction ${shortHash(sent.transaction)}, gas ${grouped(sent.gasUsed)}`)
  out.result({ case: options.case, outcome: what, transaction: sent.transaction, gas: Number(sent.gasUsed) })
  return EXIT.done
}
