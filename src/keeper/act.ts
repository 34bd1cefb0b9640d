import { attest, trigger } from '../chain/client.ts'
import { type CaseStep, escalateCase, finishStage, openCase, stepCase } from '../chain/engine-client/cases.ts'
import { sendTo } from '../chain/engine-client/connection.ts'
import type { Sent } from '../chain/transactions.ts'
import { confirm } from './act-confirm.ts'
import { applyDeposit, cure } from './act-deposit.ts'
import { disclose } from './act-disclose.ts'
import { cover, deleverage, settle, workOff } from './act-move.ts'
import { order } from './act-order.ts'
import type { KeeperContext } from './context.ts'
import { proveClaim } from './prove-claim.ts'
import type { Action } from './state.ts'

/** What an action came to. */
export interface Acted {
  /** Undefined: nothing was sent, because there was nothing to send yet. */
  readonly sent?: Sent | undefined
  /** What a person may want to read of it; private figures only where the keeper's own screen shows them. */
  readonly detail?: string | undefined
  readonly caseId?: string | undefined
}

/** Carries one action out. Boundary module: proves and sends. */
export async function act(context: KeeperContext, action: Action): Promise<Acted> {
  const { connection, keeper } = context
  switch (action.kind) {
    case 'trigger': {
      const claim = { threshold: action.threshold, below: true }
      return { sent: await trigger(connection, keeper, await proveClaim(context, action.tag, claim)) }
    }
    case 'attest': {
      const claim = { threshold: action.threshold, below: false }
      return { sent: await attest(connection, keeper, await proveClaim(context, action.tag, claim)) }
    }
    case 'open': {
      const sent = await openCase(connection, keeper, action.tag, action.caseKind)
      return { sent, caseId: sent.caseId }
    }
    case 'escalate': {
      const sent = await escalateCase(connection, keeper, action.caseId)
      return { sent, caseId: sent.caseId }
    }
    case 'confirm':
      return confirm(context, action.caseId)
    case 'disclose':
      return disclose(context, action.caseId)
    case 'settle':
      return settle(context, action.caseId)
    case 'deleverage':
      return deleverage(context, action.caseId)
    case 'cover':
      return cover(context, action.caseId)
    case 'applyDeposit':
      return applyDeposit(context, action.depositId)
    case 'cure':
      return cure(context, action.caseId, action.depositId)
    case 'order':
      return order(context, action.subTag)
    case 'workOff':
      return workOff(context, action.subTag, action.lots)
    case 'finish':
      return { sent: await finishStage(connection, keeper, action.stage, action.caseId) }
    case 'absorb':
      return { sent: await sendTo(connection, 'house', 'absorb', [action.caseId, action.subTag], keeper) }
    case 'release':
      return { sent: await sendTo(connection, 'house', 'release', [action.caseId], keeper) }
    default: {
      const step: CaseStep = action.kind
      return { sent: await stepCase(connection, keeper, step, action.caseId) }
    }
  }
}
