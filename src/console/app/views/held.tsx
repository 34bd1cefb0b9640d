import { percentOfBps, usdOfLots } from '../format.ts'
import { Message } from '../parts/common.tsx'
import type { Engine, Held } from '../wallet/engine.ts'
import type { Act } from './use-act.ts'

interface HeldProps {
  readonly held: Held
  readonly caseId: string
  readonly engine: Engine
  readonly act: Act
}

/** What a bid or an offer still has locked, and the button that fetches it; or why it stays where it is. */
export function HeldNotice({ held, caseId, engine, act }: HeldProps) {
  const { mode, stays } = held
  return (
    <Message tone={stays === undefined ? 'good' : 'warning'} title={heldWords(held)}>
      {stays === undefined ? (
        <span>
          <button
            type="button"
            class="button small"
            disabled={act.isRunning}
            onClick={() => act.run(() => engine.reclaim(caseId, mode))}
          >
            {act.isRunning ? 'Waiting for the wallet and the chain …' : 'Fetch it back'}
          </button>
        </span>
      ) : (
        <span>It stays locked: {stays}.</span>
      )}
    </Message>
  )
}

function heldWords({ mode, bondLots, escrowLots, discountBps }: Held): string {
  const what = `${mode === 'soft' ? 'Your offer' : 'Your sealed bid'}${discountBps === null ? '' : ` of ${percentOfBps(discountBps)}`}`
  const amounts = [
    bondLots > 0n ? `${usdOfLots(bondLots)} of bond` : undefined,
    escrowLots > 0n ? `${usdOfLots(escrowLots)} of escrow` : undefined,
  ].filter((amount) => amount !== undefined)
  return `${what} holds ${amounts.join(' and ') || 'a sub-account'}.`
}
