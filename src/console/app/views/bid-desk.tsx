import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Auction, ChainDeployment } from '../../../service/client/index.ts'
import { percentOfBps, usdOfLots } from '../format.ts'
import { Badge, Fact, Loading, Message } from '../parts/common.tsx'
import type { StoredBid } from '../wallet/bids.ts'
import { OnChain, WithWallet } from '../wallet/connect.tsx'
import type { Bidder, Engine, Held } from '../wallet/engine.ts'
import { walletWords } from '../wallet/provider.ts'
import type { ConnectedWallet } from '../wallet/wallet.ts'
import { ActResult, BidForm, SealedDesk } from './bid-forms.tsx'
import { HeldNotice } from './held.tsx'
import { LotPackage } from './lot-package.tsx'
import { useAct } from './use-act.ts'

interface DeskProps {
  readonly auction: Auction
  readonly deployment: ChainDeployment
  readonly reload: () => void
}

/** Bidding by wallet: what stands in the way is said before anything is sent. */
export function BidDesk(props: DeskProps) {
  return (
    <div class="panel" data-desk={props.auction.caseId}>
      <WithWallet purpose="to bid">
        {(wallet) => (
          <OnChain wallet={wallet} deployment={props.deployment}>
            <Desk {...props} wallet={wallet} key={wallet.address} />
          </OnChain>
        )}
      </WithWallet>
    </div>
  )
}

/** What the desk knows of the bidder, read from the chain by the wallet's own node. */
export interface DeskState {
  readonly engine: Engine
  readonly bidder: Bidder
  /** By this wallet in this case. */
  readonly held: readonly Held[]
  readonly stored: StoredBid | undefined
}

function Desk({ auction, deployment, wallet, reload }: DeskProps & { readonly wallet: ConnectedWallet }) {
  const [state, setState] = useState<DeskState>()
  const [fault, setFault] = useState<string>()
  const turns = useRef({ asked: 0, shown: 0 })
  const read = useCallback(async () => {
    const own = ++turns.current.asked
    // An older answer that comes late must not undo a newer one: a bid that is sealed would seem not to be.
    const isNewest = () => {
      if (own < turns.current.shown) return false
      turns.current.shown = own
      return true
    }
    try {
      const { Engine } = await import('../wallet/engine.ts')
      const engine = await Engine.open(wallet, deployment)
      const [bidder, held] = await Promise.all([engine.bidder(), engine.held(auction.caseId)])
      if (!isNewest()) return
      setState({ engine, bidder, held, stored: engine.storedBid(auction.caseId) })
      setFault(undefined)
    } catch (error) {
      if (isNewest()) setFault(walletWords(error))
    }
  }, [wallet.address, wallet.chainId, auction.caseId])
  // With every reading of the board: what the chain knows of this bidder may be another then.
  useEffect(() => void read(), [read, auction])
  const changed = () => {
    void read()
    reload()
  }
  const act = useAct(changed)
  const trouble = fault === undefined ? null : <Message tone="bad" title={fault} />
  if (state === undefined) return trouble ?? <Loading />
  const { engine, held } = state
  return (
    <>
      {trouble}
      {canBid(auction) && <Standing state={state} auction={auction} />}
      {auction.stage === 'sealed' ? (
        <SealedDesk auction={auction} state={state} act={act} />
      ) : (
        <BidForm auction={auction} state={state} act={act} />
      )}
      {held
        .filter(({ mode }) => mode !== 'sealed' || auction.stage !== 'sealed')
        .map((one) => (
          <HeldNotice key={one.mode} held={one} caseId={auction.caseId} engine={engine} act={act} />
        ))}
      <ActResult act={act} />
      <LotPackage auction={auction} deployment={deployment} wallet={wallet} engine={engine} />
    </>
  )
}

const BIDDING: readonly Auction['phase'][] = ['offers', 'commit', 'reveal', 'falling', 'floor']

export function canBid({ phase }: Pick<Auction, 'phase'>): boolean {
  return BIDDING.includes(phase)
}

interface StandingProps {
  readonly state: DeskState
  readonly auction: Auction
}

/** What a bid takes, and what is missing for one. A public sale asks nobody whether governance has listed them. */
function Standing({ state, auction }: StandingProps) {
  const { isActive, freeLots } = state.bidder
  const isPublic = auction.mode === 'public'
  const missing = missingFor(state, auction)
  return (
    <>
      <dl class="facts">
        {!isPublic && (
          <Fact name="Liquidator">
            <Badge tone={isActive ? 'good' : 'bad'}>{isActive ? 'Active' : 'Not active'}</Badge>
          </Fact>
        )}
        <Fact name="Free escrow">{usdOfLots(freeLots)}</Fact>
        <Fact name={isPublic ? 'Escrow of the lot' : 'Escrow of this bid'}>
          {usdOfLots(auction.lot.carryLots)}
        </Fact>
        {auction.mode === 'sealed' && (
          <Fact name="Bond of a sealed bid">{usdOfLots(auction.leastBondLots)}</Fact>
        )}
        <Fact name="Highest discount">{percentOfBps(auction.lot.capBps)}</Fact>
      </dl>
      {missing.length > 0 && (
        <Message tone="warning" title="A bid would be refused">
          {missing.map((reason) => (
            <span key={reason}>{reason}</span>
          ))}
        </Message>
      )}
    </>
  )
}

function missingFor({ bidder, held }: DeskState, { mode, lot, leastBondLots }: Auction): string[] {
  // Whoever has bid has what it takes.
  if (held.some((one) => one.mode === mode)) return []
  const { isWhitelisted, isActive, freeLots, subTags } = bidder
  const isPublic = mode === 'public'
  const needed = BigInt(lot.carryLots) + BigInt(mode === 'sealed' ? leastBondLots : 0)
  return [
    isPublic || isWhitelisted ? undefined : 'governance has not listed this address as a liquidator',
    !isPublic && isWhitelisted && !isActive
      ? 'the liquidator is not active: bond or disclosure key are missing (tacit liquidator register)'
      : undefined,
    subTags.length === 0
      ? 'no empty sub-account that the venue vouches for (tacit liquidator register --receipt)'
      : undefined,
    freeLots < needed
      ? `free escrow is ${usdOfLots(freeLots)}, and a bid takes ${usdOfLots(needed)}`
      : undefined,
  ].filter((reason) => reason !== undefined)
}
