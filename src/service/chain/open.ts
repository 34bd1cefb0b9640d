/** Which chain and which contracts are followed: read and checked before anything else. Boundary module: files, network. */
import { readFileSync } from 'node:fs'
import { Interface, keccak256, toUtf8Bytes } from 'ethers'
import { type Abis, contractAbis } from '../../chain/abis.ts'
import { CONTRACT_AT, VERIFIER_OF } from '../../chain/contract-names.ts'
import { type DeploymentFile, readDeployment } from '../../chain/deployment-file.ts'
import { LOCAL_CHAIN_IDS } from '../../chain/generate-verifier.ts'
import { VERIFIER_ABI, VERIFIER_PLACES } from '../../chain/verifying-keys.ts'
import { ChainError, InputError } from '../../protocol/errors.ts'
import { STANDARD_CHAIN_ID } from '../config.ts'
import type { DeploymentInfo, StoredContract } from '../storage/chain.ts'
import type { FollowedContract } from './decode.ts'
import { ChainSource } from './source.ts'

export interface FollowOptions {
  /** Of a node; may hold a secret, so it is never shown. */
  readonly rpcUrl: string
  /** Path of the deployment file. */
  readonly deployment: string
  /** Public address of a node for wallets. */
  readonly walletRpcUrl: string | undefined
  readonly chainId: number
  readonly timeoutMs: number
}

export interface FollowedChain {
  readonly source: ChainSource
  readonly file: DeploymentFile
  readonly contracts: readonly FollowedContract[]
  readonly stored: readonly StoredContract[]
  readonly isLocal: boolean
  readonly walletRpcUrl: string | undefined
}

const FILE = 'TACIT_DEPLOYMENT'
const RPC = 'TACIT_RPC_URL'

/**
 * @throws InputError naming the variable and the rule: no file, another chain, no contract at an address, nothing answers
 */
export async function openFollowedChain(options: FollowOptions): Promise<FollowedChain> {
  const file = readFile(options.deployment)
  const { chainId } = file.deployment
  if (chainId !== BigInt(options.chainId))
    throw new InputError(
      `is of chain ${chainId}, and TACIT_CHAIN_ID is ${options.chainId}${options.chainId === STANDARD_CHAIN_ID ? ' unless set' : ''}`,
      { field: FILE },
    )
  const source = new ChainSource({
    url: options.rpcUrl,
    chainId: options.chainId,
    timeoutMs: options.timeoutMs,
  })
  try {
    await checkChain(source, options.chainId)
    const { contracts, stored } = await describeContracts(file)
    await checkContracts(source, stored)
    const isLocal = LOCAL_CHAIN_IDS.includes(chainId)
    return { source, file, contracts, stored, isLocal, walletRpcUrl: options.walletRpcUrl }
  } catch (error) {
    source.close()
    if (error instanceof ChainError) throw unusableChain(error)
    throw error
  }
}

/** What whoever starts a service is told of a chain that does not answer. */
export function unusableChain({ message }: ChainError): InputError {
  return new InputError(`cannot be used: ${message}`, { field: RPC })
}

function readFile(path: string): DeploymentFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new InputError('names a file that cannot be read', { field: FILE }, { cause })
  }
  return readDeployment({ name: FILE, text })
}

async function checkChain(source: ChainSource, expected: number): Promise<void> {
  const answered = await source.chainId()
  if (answered !== expected)
    throw new InputError(`is chain ${answered}, and the deployment is on chain ${expected}`, { field: RPC })
}

/** Throws InputError for an address of the deployment without a contract. */
export async function checkContracts(source: ChainSource, stored: readonly StoredContract[]): Promise<void> {
  const missing = await Promise.all(
    stored.map(async ({ name, address }) => ((await source.hasCode(address)) ? [] : [name])),
  )
  const [first] = missing.flat()
  if (first !== undefined)
    throw new InputError(`names no contract at the address of ${first}: the chain has none there`, {
      field: FILE,
    })
}

async function describeContracts({ deployment }: DeploymentFile) {
  const abis = await contractAbis()
  const places = Object.entries(CONTRACT_AT).map(([name, contract]) => ({
    name,
    contract: name === 'oracle' && deployment.listing !== undefined ? 'ChallengeableOracle' : contract,
    address: deployment[name as keyof typeof CONTRACT_AT].toLowerCase(),
  }))
  const verifiers = Object.entries(VERIFIER_OF).map(([circuit, contract]) => ({
    name: `${circuit}Verifier`,
    contract,
    address: deployment.verifiers[circuit as keyof typeof VERIFIER_OF].toLowerCase(),
  }))
  const stored: StoredContract[] = [...places, ...verifiers].map((place) => ({
    ...place,
    abi: JSON.stringify(abiOf(abis, place.contract)),
  }))
  const contracts = stored.map(({ name, address, abi }) => ({
    name,
    address,
    abi: Interface.from(JSON.parse(abi)),
  }))
  return { contracts, stored }
}

/** The engine tells the events of all three contracts that its code stands in. */
function abiOf(abis: Abis, contract: string): readonly object[] {
  const own = abis[contract]!
  if (contract !== 'LiquidationEngine') return own
  const parts = ['CaseConfirmation', 'CaseSettlement'].flatMap((name) =>
    abis[name]!.filter(({ type }) => type === 'event'),
  )
  const distinct = new Map([...own, ...parts].map((entry) => [JSON.stringify(entry), entry]))
  return [...distinct.values()]
}

/**
 * Names a history: the same chain and the same contracts. A chain that was started anew has another first block, or another
 * block where the deployment began.
 */
export async function identityOf({ source, file }: FollowedChain): Promise<string> {
  const genesis = await source.block(0)
  if (genesis === undefined) throw new ChainError('the chain does not have its first block')
  const { chainId, ...addresses } = file.deployment
  const deployment = keccak256(
    toUtf8Bytes(
      JSON.stringify(addresses, (_, value) => (typeof value === 'bigint' ? `${value}` : value)).toLowerCase(),
    ),
  )
  return JSON.stringify({
    chainId: `${chainId}`,
    genesis: genesis.hash,
    deployment,
    fromBlock: file.fromBlock,
  })
}

/** What the contracts were deployed with, for good. */
export async function readDeploymentInfo(chain: FollowedChain, block: number): Promise<DeploymentInfo> {
  const { source, file, contracts, isLocal, walletRpcUrl } = chain
  const { deployment, fromBlock, venueKey } = file
  const one = async (name: string, method: string) => {
    const contract = contracts.find((each) => each.name === name)!
    return Number((await source.view(contract, method, [], block))[0])
  }
  return {
    chainId: Number(deployment.chainId),
    isLocal,
    walletRpcUrl: walletRpcUrl ?? null,
    fromBlock,
    venueKey: venueKey ?? null,
    unitsPerLot: `${deployment.unitsPerLot}`,
    token: deployment.token.toLowerCase(),
    maxAgeSeconds: await one('oracle', 'maxAgeSeconds'),
    challengeSeconds: deployment.listing === undefined ? 0 : await one('oracle', 'challengeSeconds'),
    maxSecondsPerBlock: await one('clock', 'maxSecondsPerBlock'),
    verifyingKeys: await readVerifyingKeys(chain, block),
  }
}

/** As the contracts themselves name their verifiers, not as the deployment file does. */
function readVerifyingKeys(
  { source, contracts }: FollowedChain,
  block: number,
): Promise<DeploymentInfo['verifyingKeys']> {
  const abi = new Interface(VERIFIER_ABI)
  return Promise.all(
    VERIFIER_PLACES.map(async ({ proofs, contract, method }) => {
      const holder = contracts.find(({ name }) => name === contract)!
      const [named] = await source.view(holder, method, [], block)
      const verifier = String(named).toLowerCase()
      const [hash] = await source.view({ address: verifier, abi }, 'VERIFICATION_KEY_HASH', [], block)
      return { proofs, verifier, hash: String(hash) }
    }),
  )
}
