/** Signing in with a wallet (EIP-4361). Boundary module: the wallet. */
import { signInMessage } from '../../../service/client/index.ts'
import { type OwnerSession, publicClient } from '../data/service.ts'
import { walletWords } from '../wallet/provider.ts'
import type { ConnectedWallet } from '../wallet/wallet.ts'

/** Throws ServiceError, or Error with what the wallet refused. */
export async function signInWith({ provider, address }: ConnectedWallet): Promise<OwnerSession> {
  const [{ getAddress }, challenge] = await Promise.all([
    import('../wallet/engine.ts'),
    publicClient.challenge(),
  ])
  const own = getAddress(address)
  if (challenge.domain !== location.host) {
    throw new Error(
      `This page is at ${location.host}, and the service signs in for ${challenge.domain}: open it there (TACIT_PUBLIC_URL).`,
    )
  }
  const message = signInMessage(challenge, own)
  const signature = await sign(provider, message, own)
  const { token, roles, expiresAt } = await publicClient.signIn({ message, signature })
  return { client: publicClient.as(token), address: own, roles, expiresAt }
}

async function sign(
  provider: ConnectedWallet['provider'],
  message: string,
  address: string,
): Promise<string> {
  const bytes = new TextEncoder().encode(message)
  const hex = `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
  try {
    return String(await provider.request({ method: 'personal_sign', params: [hex, address] }))
  } catch (error) {
    throw new Error(walletWords(error), { cause: error })
  }
}
