import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Case, ChainDeployment } from '../../../service/client/index.ts'
import { shortHash } from '../format.ts'
import { Card, Empty, Loading, Message } from '../parts/common.tsx'
import { linkTo } from '../route.ts'
import { OnChain, WithWallet } from '../wallet/connect.tsx'
import type { Engine, Held } from '../wallet/engine.ts'
import { walletWords } from '../wallet/provider.ts'
import { type ConnectedWallet, useWallet } from '../wallet/wallet.ts'
import { ActResult } from './bid-forms.tsx'
import { HeldNotice } from './held.tsx'
import { useAct } from './use-act.ts'

interface OwnBidsProps {
  /** Those in which a bid of the wallet's is looked for. */
  readonly cases: readonly Case[]
  readonly deployment: ChainDeployment
  readonly reload: () => void
}

/** Bond and escrow of bids whose sale is over, whatever became of the case since: they wait until their bidder fetches them. */
export function OwnBids(props: OwnBidsProps) {
  const { wallets, connected } = useWallet()
  const hasBids = props.cases.some(({ bids }) => bids.length > 0)
  if (!hasBids || (wallets.length === 0 && connected === undefined)) return null
  return (
    <Card
      title="What your bids hold"
      note="Bond and escrow of a bid are locked until its sale is over. Then they are yours to fetch, won or lost."
    >
      <WithWallet purpose="to see what your bids hold">
        {(wallet) => (
          <OnChain wallet={wallet} deployment={props.deployment}>
            <OwnList {...props} wallet={wallet} key={wallet.address} />
          </OnChain>
        )}
      </WithWallet>
    </Card>
  )
}

interface OwnCase {
  readonly caseId: string
  readonly held: readonly Held[]
}

interface OwnState {
  readonly engine: Engine
  readonly cases: readonly OwnCase[]
}

function OwnList({ cases, deployment, wallet, reload }: OwnBidsProps & { readonly wallet: ConnectedWallet }) {
  const [state, setState] = useState<OwnState>()
  const [fault, setFault] = useState<string>()
  const readOwn = useOwnReader(deployment, wallet)
  const turn = useRef(0)
  const read = useCallback(async () => {
    const own = ++turn.current
    try {
      const found = await readOwn(cases)
      if (own === turn.current) {
        setState(found)
        setFault(undefined)
      }
    } catch (error) {
      if (own === turn.current) setFault(walletWords(error))
    }
  }, [cases, readOwn])
  useEffect(() => void read(), [read])
  const act = useAct(() => {
    void read()
    reload()
  })
  const trouble = fault === undefined ? null : <Message tone="bad" title={fault} />
  if (state === undefined) return trouble ?? <Loading />
  return (
    <>
      {trouble}
      {state.cases.length === 0 && <Empty title="No bid of this wallet holds anything" />}
      {state.cases.map(({ caseId, held }) => (
        <div key={caseId} class="stack" data-held={caseId}>
          <h3>
            Case <a href={linkTo('cases', caseId)}>{shortHash(caseId)}</a>
          </h3>
          {held.map((one) => (
            <HeldNotice key={one.mode} held={one} caseId={caseId} engine={state.engine} act={act} />
          ))}
        </div>
      ))}
      <ActResult act={act} />
    </>
  )
}

/** Asks the wallet's node for each case with a bid of the wallet's. A closed case that holds nothing is asked for once. */
function useOwnReader(deployment: ChainDeployment, wallet: ConnectedWallet) {
  const done = useRef(new Set<string>())
  return useCallback(
    async (cases: readonly Case[]): Promise<OwnState> => {
      const { Engine } = await import('../wallet/engine.ts')
      const engine = await Engine.open(wallet, deployment)
      const own = cases.filter(
        ({ caseId, bids }) =>
          !done.current.has(caseId) &&
          bids.some(({ bidder }) => bidder.toLowerCase() === wallet.address.toLowerCase()),
      )
      const read = await Promise.all(
        own.map(async ({ caseId, stage }) => ({ caseId, stage, held: await engine.held(caseId) })),
      )
      for (const { caseId, stage, held } of read)
        if (stage === 'closed' && held.length === 0) done.current.add(caseId)
      return { engine, cases: read.filter(({ held }) => held.length > 0) }
    },
    [wallet.address, wallet.chainId, deployment.chainId],
  )
}
