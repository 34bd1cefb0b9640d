/** Which keys the chain takes proofs for, by the service's word and by the reader's own node. */
import { ServiceError } from '../../../service/client/index.ts'
import type { ChainKeys } from '../../worker/messages.ts'
import { walletWords } from '../wallet/provider.ts'
import type { ConnectedWallet } from '../wallet/wallet.ts'
import { publicClient } from './service.ts'

const NO_CHAIN = 'not compared: this service follows no chain'
const NO_WALLET = 'not compared: no wallet is connected, so no node of yours was asked'

/** Throws ServiceError when the service refuses for another reason than that it follows no chain. */
export async function readChainKeys(wallet: ConnectedWallet | undefined): Promise<ChainKeys> {
  try {
    const deployment = await publicClient.deployment()
    const { chainId, verifyingKeys } = deployment
    return { chainId, service: verifyingKeys, wallet: await askNode(wallet, deployment) }
  } catch (error) {
    if (!(error instanceof ServiceError && error.status === 404)) throw error
    return { chainId: 0, service: NO_CHAIN, wallet: NO_CHAIN }
  }
}

async function askNode(
  wallet: ConnectedWallet | undefined,
  deployment: Awaited<ReturnType<typeof publicClient.deployment>>,
): Promise<ChainKeys['wallet']> {
  if (wallet === undefined) return NO_WALLET
  if (wallet.chainId !== deployment.chainId)
    return `not compared: the wallet is on chain ${wallet.chainId}, the contracts are on chain ${deployment.chainId}`
  try {
    const { keysByNode } = await import('../wallet/engine.ts')
    return await keysByNode(wallet.provider, deployment)
  } catch (error) {
    return `not compared: the node of the wallet did not tell (${walletWords(error)})`
  }
}
