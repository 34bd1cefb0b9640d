import type { Command } from 'commander'
import { readEpochFacts } from '../../chain/epochs.ts'
import { type OpenDemand, openDemands } from '../../chain/seal-demands.ts'
import { type SealState, sealState, sealStateInWords } from '../../chain/seals.ts'
import { CASH_LOT_NANO } from '../../protocol/liquidation.ts'
import type { Attach } from '../command.ts'
import { type EpochOptions, epochCommand, epochOf, viewing, withEpochNumber } from '../epoch-hand.ts'
import { EXIT } from '../exit-codes.ts'
import { grouped, instant, usd, wrapped } from '../format.ts'
import { pairsText } from '../table.ts'

export function statusCommand(attach: Attach): Command {
  const command = withEpochNumber(
    epochCommand(
      {
        name: 'status',
        summary: 'where the seal of an epoch stands',
        description:
          'Reads the newest seal of an epoch, its open demands and its count of triggered tags from the chain, and says ' +
          'what comes next. The exit code is 1 when the seal was rejected.',
      },
      '--epoch 7',
    ),
  )
  return attach<EpochOptions>(command, (invocation) =>
    viewing(invocation, async (view) => {
      const { chain, seals } = view
      const { out } = invocation
      const facts = await readEpochFacts(chain.connection, await epochOf(invocation.options, view))
      const { epoch, headSequence, bookRoot, count } = facts
      const state = await sealState(seals, epoch)
      const demands =
        state?.status === 'pending' ? await openDemands(chain.connection, state.id, chain.fromBlock) : []
      const nowSeconds = (await chain.provider.getBlock('latest'))!.timestamp
      const next = nextStep(state, demands, nowSeconds)
      out.print(`epoch ${epoch} is head ${headSequence}, a book of ${grouped(count)} accounts`)
      if (state !== undefined) out.print(pairsText(pairsOf(state, demands), 2))
      out.print(wrapped(next, 2))
      out.result({ epoch, headSequence, bookRoot, count, seal: state ?? null, demands, next })
      return state?.status === 'rejected' ? EXIT.no : EXIT.done
    }),
  )
}

function pairsOf(state: SealState, demands: readonly OpenDemand[]): (readonly [string, string])[] {
  const asked = demands.map(({ step, answerUntil }) => `step ${step} until ${instant(answerUntil)}`)
  return [
    ['seal', `${state.id}, on round ${state.roundSequence}: ${sealStateInWords(state)}`],
    ['steps', state.stepsRoot],
    ['bond', `${usd(state.bondLots * CASH_LOT_NANO)} USD`],
    ['demands until', instant(state.demandUntil)],
    ...(asked.length === 0 ? [] : [['open demands', asked.join('; ')] as const]),
  ]
}

function nextStep(state: SealState | undefined, demands: readonly OpenDemand[], nowSeconds: number): string {
  if (state === undefined) return 'Nothing was posted: tacit solvency proves it, tacit epoch post submits it.'
  if (state.status === 'rejected') return 'It was rejected: the venue may post another seal of this epoch.'
  if (state.status !== 'pending') return 'Nothing is left to do.'
  const overdue = demands.filter(({ answerUntil }) => answerUntil < nowSeconds)
  if (overdue.length > 0) {
    return `Step ${overdue[0]!.step} was not answered in time: tacit epoch reject --because unanswered ends the seal.`
  }
  if (demands.length > 0) return `${demands.length} demands wait for tacit epoch answer.`
  if (nowSeconds < state.demandUntil)
    return 'Steps may be demanded until the window is over (tacit epoch demand).'
  if (state.triggeredTags < state.belowMm) {
    return (
      `${state.belowMm - state.triggeredTags} tags are missing: tacit epoch tags shows them, or tacit epoch reject ` +
      '--because untriggered ends the seal.'
    )
  }
  return 'The window is over and nothing speaks against it: tacit epoch finalize.'
}
