import { ContractFactory, Interface, NonceManager, type Signer } from 'ethers'
import type { Artifact } from './build.ts'
import { chainErrorOf } from './transactions.ts'

/** Deploys one contract and returns its address. Boundary module: network. */
export async function deployContract(
  artifact: Artifact,
  args: readonly unknown[],
  deployer: Signer,
): Promise<string> {
  const errors = Interface.from(artifact.abi as never)
  try {
    const factory = new ContractFactory(errors, artifact.bytecode, deployer)
    const contract = await factory.deploy(...args)
    await contract.waitForDeployment()
    return await contract.getAddress()
  } catch (error) {
    if (deployer instanceof NonceManager) deployer.reset()
    throw chainErrorOf(error, errors)
  }
}

/** Transactions in a row: the chain's own count of a nonce lags behind what was just sent. */
export function withNonces(signer: Signer): NonceManager {
  return signer instanceof NonceManager ? signer : new NonceManager(signer)
}
