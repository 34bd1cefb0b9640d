/** Wallets that the browser has (EIP-1193), found as they announce themselves (EIP-6963) or as the one of old. */
export interface Eip1193 {
  request(call: { readonly method: string; readonly params?: readonly unknown[] }): Promise<unknown>
  on?(event: string, listener: (value: unknown) => void): void
  removeListener?(event: string, listener: (value: unknown) => void): void
}

export interface FoundWallet {
  readonly id: string
  readonly name: string
  readonly provider: Eip1193
}

interface Announcement {
  readonly info: { readonly uuid: string; readonly name: string }
  readonly provider: Eip1193
}

/** Tells of every wallet that is there or comes. @returns to listen no more */
export function findWallets(found: (wallet: FoundWallet) => void): () => void {
  const listen = (event: Event) => {
    const { info, provider } = (event as CustomEvent<Announcement>).detail
    found({ id: info.uuid, name: info.name, provider })
  }
  addEventListener('eip6963:announceProvider', listen)
  dispatchEvent(new Event('eip6963:requestProvider'))
  const { ethereum } = globalThis as { ethereum?: Eip1193 }
  if (ethereum !== undefined) found({ id: 'injected', name: 'Browser wallet', provider: ethereum })
  return () => removeEventListener('eip6963:announceProvider', listen)
}

/** What a wallet refused, in words. https://eips.ethereum.org/EIPS/eip-1193#provider-errors */
export function walletWords(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (code === 4001 || code === 'ACTION_REJECTED') return 'You refused it in the wallet. Nothing was sent.'
  if (code === 4100) return 'The wallet has not let this page see the account: connect it again.'
  if (code === 4900 || code === 4901) return 'The wallet is not connected to the chain.'
  if (code === -32002) return 'The wallet is waiting for your answer to an earlier question: open it.'
  return typeof message === 'string' && message !== '' ? message : String(error)
}
