/** The wallet that the reader has connected: who it is and on which chain. */
import { createContext } from 'preact'
import { useCallback, useContext, useEffect, useMemo, useState } from 'preact/hooks'
import { type Eip1193, type FoundWallet, findWallets, walletWords } from './provider.ts'

export interface ConnectedWallet {
  readonly provider: Eip1193
  /** As the wallet writes it. */
  readonly address: string
  readonly chainId: number
}

export interface WalletState {
  readonly wallets: readonly FoundWallet[]
  readonly connected: ConnectedWallet | undefined
  /** Why the wallet did not connect. */
  readonly fault: string | undefined
  readonly connect: (wallet: FoundWallet) => void
  readonly disconnect: () => void
}

export const WalletContext = createContext<WalletState | undefined>(undefined)

export function useWallet(): WalletState {
  const state = useContext(WalletContext)
  if (state === undefined) throw new Error('no wallet above this view')
  return state
}

async function accountOf(provider: Eip1193, method: string): Promise<string | undefined> {
  const accounts = (await provider.request({ method })) as readonly string[]
  return accounts[0]
}

export async function chainIdOf(provider: Eip1193): Promise<number> {
  return Number.parseInt(String(await provider.request({ method: 'eth_chainId' })), 16)
}

/** Of the whole page: a view that is left and entered again finds the wallet connected. */
export function useWalletState(): WalletState {
  const [wallets, setWallets] = useState<readonly FoundWallet[]>([])
  const [connected, setConnected] = useState<ConnectedWallet>()
  const [fault, setFault] = useState<string>()
  useEffect(
    () =>
      findWallets((wallet) =>
        setWallets((before) => [...before.filter(({ provider }) => provider !== wallet.provider), wallet]),
      ),
    [],
  )
  const connect = useCallback(async ({ provider }: FoundWallet) => {
    setFault(undefined)
    try {
      const address = await accountOf(provider, 'eth_requestAccounts')
      if (address === undefined) throw new Error('The wallet has no account for this page.')
      setConnected({ provider, address, chainId: await chainIdOf(provider) })
    } catch (error) {
      setFault(walletWords(error))
    }
  }, [])
  const disconnect = useCallback(() => setConnected(undefined), [])
  useFollow(connected?.provider, setConnected)
  return useMemo(
    () => ({ wallets, connected, fault, connect: (wallet) => void connect(wallet), disconnect }),
    [wallets, connected, fault],
  )
}

/** Whoever changes account or chain in the wallet sees it here. */
function useFollow(
  provider: Eip1193 | undefined,
  set: (change: (before: ConnectedWallet | undefined) => ConnectedWallet | undefined) => void,
): void {
  useEffect(() => {
    if (provider?.on === undefined) return
    const accounts = (value: unknown) => {
      const [address] = value as readonly string[]
      set((before) => (address === undefined || before === undefined ? undefined : { ...before, address }))
    }
    const chain = (value: unknown) =>
      set((before) => before && { ...before, chainId: Number.parseInt(String(value), 16) })
    provider.on('accountsChanged', accounts)
    provider.on('chainChanged', chain)
    return () => {
      provider.removeListener?.('accountsChanged', accounts)
      provider.removeListener?.('chainChanged', chain)
    }
  }, [provider])
}
