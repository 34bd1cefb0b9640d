import type { Action } from '../keeper/state.ts'
import type { Phase } from './path.ts'

const DONE: Readonly<Record<Action['kind'], string>> = {
  trigger: 'triggered: proven to be below its threshold',
  attest: 'attested by the keeper: covered again',
  open: 'a case is opened',
  confirm: 'what is sold is proven and on sale',
  disclose: 'the slice is shown to the bidders',
  finish: 'a stage has ended',
  absorb: 'the clearing house takes the lot',
  startSettlement: 'sold; the head is reserved for the settlement',
  voidCase: 'the case is over: a round that it stood on was rejected',
  settle: 'settled by a proven transfer',
  deleverage: 'a step of deleveraging by a proven transfer',
  cancel: 'the case is over: the account has recovered',
  cover: 'a debt is paid off',
  order: 'trades of an inventory are planned',
  workOff: 'the clearing house lets go of capital',
  release: 'a reserved budget is free again',
  escalate: 'the case becomes a full one',
  lapse: 'the case has lapsed',
  fail: 'a settlement is called off',
  applyDeposit: 'a deposit is in the book',
  cure: 'the case is over: a deposit restores the buffer',
}

const PHASES: Readonly<Record<Phase, string>> = {
  calm: 'calm',
  slide: 'the market slides',
  crash: 'a crash',
  recovery: 'the market recovers',
}

export function phaseWords(phase: Phase): string {
  return PHASES[phase]
}

/** One line of what the keeper did. @param name of the account, where the action is about one */
export function actionWords(action: Action, detail: string | undefined, name: string | undefined): string {
  const about = name ?? ('caseId' in action ? `case ${action.caseId.slice(0, 10)}` : 'clearing house')
  return `${about}: ${DONE[action.kind]}${detail === undefined ? '' : ` (${detail})`}`
}
