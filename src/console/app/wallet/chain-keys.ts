/** The keys of the chain's verifiers, as the wallet's node says. Loaded with what brings ethers along. Boundary module: network. */
import { BrowserProvider, Contract } from 'ethers'
import { VERIFIER_ABI, VERIFIER_PLACES } from '../../../chain/verifying-keys.ts'
import type { ChainDeployment } from '../../../service/client/index.ts'
import type { ChainKey } from '../../worker/messages.ts'
import type { Eip1193 } from './provider.ts'

/** Throws what the node's refusal is: no such contract, or no answer. */
export function keysByNode(
  wallet: Eip1193,
  { contracts }: Pick<ChainDeployment, 'contracts'>,
): Promise<ChainKey[]> {
  const provider = new BrowserProvider(wallet as never, 'any')
  return Promise.all(
    VERIFIER_PLACES.map(async ({ proofs, contract, method }) => {
      const found = contracts.find(({ name }) => name === contract)
      if (found === undefined) throw new Error(`the deployment names no contract ${contract}`)
      const holder = new Contract(found.address, [`function ${method}() view returns (address)`], provider)
      const verifier = String(await holder[method]!()).toLowerCase()
      const hash = String(await new Contract(verifier, VERIFIER_ABI, provider).VERIFICATION_KEY_HASH!())
      return { proofs, verifier, hash }
    }),
  )
}
