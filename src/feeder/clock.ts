import type { Provider } from 'ethers'
import { LOCAL_CHAIN_IDS } from '../chain/generate-verifier.ts'
import { SetupError } from '../protocol/errors.ts'

/** Unix seconds, whole. Boundary module: the machine's clock, or the chain's. */
export type Clock = () => Promise<number>

export const machineClock: Clock = async () => Math.floor(Date.now() / 1_000)

/**
 * The time that the next block would have, for markets of another day on a chain that was started on that day.
 * @throws SetupError off a local chain: who makes the blocks there would make the feeders' time
 */
export function chainClock(provider: Provider, chainId: bigint): Clock {
  if (!LOCAL_CHAIN_IDS.includes(chainId)) {
    throw new SetupError(
      `the chain's clock is a convenience of local chains (${LOCAL_CHAIN_IDS.join(', ')}); this is chain ${chainId}`,
      { refused: true },
    )
  }
  return async () => (await provider.getBlock('pending'))!.timestamp
}
