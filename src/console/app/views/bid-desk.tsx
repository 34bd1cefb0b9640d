import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Auction, ChainDeployment } from '../../../service/client/index.ts'
import { percentOfBps, usdOfLots } from '../format.ts'
import { Badge, Fact, Loading, Message } from '../parts/common.tsx'
import type { StoredBid } from '../wallet/bids.ts'
import { OnChain, WithWallet } from '../wallet/connect.tsx'
import type { Bidder, Engine } from '../wallet/engine.ts'
import { walletWords } from '../wallet/provider.ts'
import type { ConnectedWallet } from '../wallet/wallet.ts'
import { BidForm, SealedDesk } from './bid-forms.tsx'
import { LotPackage } from './lot-package.tsx'

interface DeskProps {
  readonly auction: Auction
  readonly deployment: ChainDeployment
  readonly reload: () => void
}

/** Bidding by wallet: what stands in the way is said before anything is sent. */
export function BidDesk(props: DeskProps) {
  return (
    <div class="panel" data-desk={props.auction.caseId}>
      <WithWallet purpose="to bid with">
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
  readonly placed: 'nothing' | 'committed' | 'revealed'
  readonly stored: StoredBid | undefined
}

function Desk({ auction, deployment, wallet, reload }: DeskProps & { readonly wallet: ConnectedWallet }) {
  const [state, setState] = useState<DeskState>()
  const [fault, setFault] = useState<string>()
  const read = useCallback(async () => {
    try {
      const { Engine } = await import('../wallet/engine.ts')
      const engine = await Engine.open(wallet, deployment)
      const [bidder, placed] = await Promise.all([engine.bidder(), engine.placed(auction.caseId)])
      setState({ engine, bidder, placed, stored: engine.storedBid(auction.caseId) })
      setFault(undefined)
    } catch (error) {
      setFault(walletWords(error))
    }
  }, [wallet.address, wallet.chainId, auction.caseId])
  useEffect(() => void read(), [read, auction.phase, auction.commitments, auction.reveals])
  if (fault !== undefined) return <Message tone="bad" title={fault} />
  if (state === undefined) return <Loading />
  const changed = () => {
    void read()
    reload()
  }
  return (
    <>
      <Standing state={state} auction={auction} />
      {auction.mode === 'sealed' ? (
        <SealedDesk auction={auction} state={state} changed={changed} />
      ) : (
        <BidForm auction={auction} state={state} changed={changed} />
      )}
      <LotPackage auction={auction} deployment={deployment} wallet={wallet} engine={state.engine} />
    </>
  )
}

function Standing({
  state: { bidder, placed },
  auction,
}: {
  readonly state: DeskState
  readonly auction: Auction
}) {
  const { isWhitelisted, isActive, freeLots, subTags } = bidder
  const needed = BigInt(auction.lot.carryLots) + BigInt(auction.mode === 'sealed' ? auction.leastBondLots : 0)
  const missing = [
    isWhitelisted ? undefined : 'governance has not listed this address as a liquidator',
    isWhitelisted && !isActive
      ? 'the liquidator is not active: bond or disclosure key are missing (tacit liquidator register)'
      : undefined,
    subTags.length === 0
      ? 'no empty sub-account that the venue vouches for (tacit liquidator register --receipt)'
      : undefined,
    placed === 'nothing' && freeLots < needed
      ? `free escrow is ${usdOfLots(freeLots)}, and a bid takes ${usdOfLots(needed)}`
      : undefined,
  ].filter((reason) => reason !== undefined)
  return (
    <>
      <dl class="facts">
        <Fact name="Liquidator">
          <Badge tone={isActive ? 'good' : 'bad'}>{isActive ? 'Active' : 'Not active'}</Badge>
        </Fact>
        <Fact name="Free escrow">{usdOfLots(freeLots)}</Fact>
        <Fact name="Escrow of this bid">{usdOfLots(auction.lot.carryLots)}</Fact>
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
