import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { ChainDeployment } from '../../../service/client/index.ts'
import { Empty, Hash, Message } from '../parts/common.tsx'
import { walletWords } from './provider.ts'
import { type ConnectedWallet, chainIdOf, useWallet } from './wallet.ts'

interface WithWalletProps {
  /** What for: "to bid". */
  readonly purpose: string
  readonly children: (wallet: ConnectedWallet) => ComponentChildren
}

/** Asks for a wallet, and shows what needs one once it is there. */
export function WithWallet({ purpose, children }: WithWalletProps) {
  const { wallets, connected, fault, connect, disconnect } = useWallet()
  if (connected !== undefined) {
    return (
      <>
        <p class="row small">
          <span class="soft">Wallet</span> <Hash value={connected.address} />
          <button type="button" class="button small" onClick={disconnect}>
            Disconnect
          </button>
        </p>
        {children(connected)}
      </>
    )
  }
  if (wallets.length === 0) {
    return (
      <Empty title="No wallet in this browser">
        A wallet is needed {purpose}: an extension of the browser that speaks EIP-1193. Install one and reload
        this page.
      </Empty>
    )
  }
  return (
    <>
      <div class="row">
        {wallets.map((wallet) => (
          <button key={wallet.id} type="button" class="button primary" onClick={() => connect(wallet)}>
            Connect {wallet.name}
          </button>
        ))}
        <span class="soft small">{purpose}</span>
      </div>
      {fault !== undefined && <Message tone="bad" title={fault} />}
    </>
  )
}

interface OnChainProps {
  readonly wallet: ConnectedWallet
  readonly deployment: ChainDeployment
  readonly children: ComponentChildren
}

/** Nothing is sent from a wallet that stands on another chain. */
export function OnChain({ wallet, deployment, children }: OnChainProps) {
  const [fault, setFault] = useState<string>()
  if (wallet.chainId === deployment.chainId) return <>{children}</>
  const change = async () => {
    try {
      await changeChain(wallet, deployment)
      setFault(undefined)
    } catch (error) {
      setFault(walletWords(error))
    }
  }
  return (
    <Message
      tone="warning"
      title={`The wallet is on chain ${wallet.chainId}; the engine is on chain ${deployment.chainId}.`}
    >
      <span>Nothing can be sent until they agree.</span>
      <span>
        <button type="button" class="button small" onClick={change}>
          Change the wallet to chain {deployment.chainId}
        </button>
      </span>
      {fault !== undefined && <span>{fault}</span>}
    </Message>
  )
}

const UNKNOWN_CHAIN = 4902

async function changeChain({ provider }: ConnectedWallet, deployment: ChainDeployment): Promise<void> {
  const chainId = `0x${deployment.chainId.toString(16)}`
  const change = () => provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId }] })
  try {
    await change()
  } catch (error) {
    if ((error as { code?: unknown }).code !== UNKNOWN_CHAIN || deployment.walletRpcUrl === null) throw error
    const chain = {
      chainId,
      chainName: `Chain ${deployment.chainId}`,
      rpcUrls: [deployment.walletRpcUrl],
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    }
    await provider.request({ method: 'wallet_addEthereumChain', params: [chain] })
    await change()
  }
  if ((await chainIdOf(provider)) !== deployment.chainId) throw new Error('The wallet stayed where it was.')
}
