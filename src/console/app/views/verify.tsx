import { useEffect, useRef, useState } from 'preact/hooks'
import type { Epoch, ProofInfo } from '../../../service/client/index.ts'
import type { Progress, RawRound, Verdict } from '../../worker/messages.ts'
import { readChainKeys } from '../data/chain-keys.ts'
import { type Fault, faultOf } from '../data/loaded.ts'
import { publicClient } from '../data/service.ts'
import { runJob } from '../data/work.ts'
import { FaultMessage } from '../parts/common.tsx'
import { VerdictView } from '../parts/verdict.tsx'
import { type ConnectedWallet, useWallet } from '../wallet/wallet.ts'

interface Surroundings {
  readonly progress: (progress: Progress) => void
  readonly signal: AbortSignal
  /** Whose node is asked for the chain's keys. */
  readonly wallet: ConnectedWallet | undefined
}
export type Check = (surroundings: Surroundings) => Promise<Verdict>

type State =
  | { readonly state: 'idle' }
  | { readonly state: 'running'; readonly progress: Progress | undefined }
  | { readonly state: 'done'; readonly verdict: Verdict }
  | { readonly state: 'failed'; readonly fault: Fault }

interface VerifyProps {
  /** What is checked: said to whoever cannot see where the button stands. */
  readonly subject: string
  readonly check: Check
}

/** A button that checks something here, and what came of it. */
export function Verify({ subject, check }: VerifyProps) {
  const [state, setState] = useState<State>({ state: 'idle' })
  const running = useRef<AbortController>()
  const { connected: wallet } = useWallet()
  useEffect(() => () => running.current?.abort(), [])
  const start = async () => {
    const controller = new AbortController()
    running.current = controller
    setState({ state: 'running', progress: undefined })
    const progress = (progress: Progress) => setState({ state: 'running', progress })
    try {
      const { signal } = controller
      setState({ state: 'done', verdict: await check({ progress, signal, wallet }) })
    } catch (error) {
      if (!controller.signal.aborted) setState({ state: 'failed', fault: faultOf(error) })
    }
  }
  return (
    <>
      <div class="row">
        <button type="button" class="button primary" disabled={state.state === 'running'} onClick={start}>
          {state.state === 'done' ? 'Verify again' : 'Verify in this browser'}
          <span class="hidden-text">: {subject}</span>
        </button>
        {state.state === 'running' && <Running progress={state.progress} />}
      </div>
      {state.state === 'failed' && <FaultMessage fault={state.fault} />}
      {state.state === 'done' && <VerdictView verdict={state.verdict} />}
    </>
  )
}

const PHASES: Readonly<Record<string, string>> = {
  round: 'recomputing the risk matrix',
  leaves: 'counting the leaves',
  steps: 'verifying the accounts’ proofs',
}

function Running({ progress }: { readonly progress: Progress | undefined }) {
  const { phase = '', done = 0, total = 0 } = progress ?? {}
  return (
    <span class="soft small" role="status">
      {`Checking: ${PHASES[phase] ?? 'reading'}`}
      {total > 0 && phase !== 'round' ? `, ${done} of ${total}` : ' …'}
    </span>
  )
}

/** A round's raw data, from which a worker recomputes it. Throws ServiceError. */
export async function rawRound(riskRoot: string): Promise<RawRound> {
  const [{ instance }, data] = await Promise.all([
    publicClient.round(riskRoot),
    publicClient.market(riskRoot),
  ])
  return { riskRoot, instance, ...data }
}

/** A claim about an account. */
export function checkClaim({ id, riskRoot }: ProofInfo): Check {
  return async ({ wallet }) => {
    const document = await publicClient.proof(id)
    const instance = String(document.instance)
    const [keys, round, chainKeys] = await Promise.all([
      publicClient.keys(),
      rawRound(riskRoot).catch(() => undefined),
      readChainKeys(wallet),
    ])
    const key = keys.find(({ circuit }) => circuit === instance)
    if (key === undefined) throw new Error(`This service has no verification key of ${instance}.`)
    return runJob({ kind: 'proof', file: JSON.stringify(document), key: key.key, round, chainKeys })
  }
}

/** The seal of a whole book, with everything that it rests on. */
export function checkSeal({ id }: Epoch): Check {
  return async ({ progress, signal, wallet }) => {
    const [bundle, chainKeys] = await Promise.all([
      publicClient.bundle(id).then((response) => response.blob()),
      readChainKeys(wallet),
    ])
    const asOfSeconds = Math.floor(Date.now() / 1_000)
    return runJob({ kind: 'seal', bundle, asOfSeconds, chainKeys }, { progress, signal })
  }
}
