import { Contract, Interface, type Provider, type Signer } from 'ethers'
import { type Artifacts, type BuildOptions, buildContracts } from '../build.ts'
import { type Connection, connect, errorsOf } from '../client.ts'
import { CONTRACT_AT } from '../contract-names.ts'
import { type SendOptions, type Sent, send, view } from '../transactions.ts'
import type { EngineDeployment } from './deployment.ts'

// Those below are the margin proof's own connection, verifiers without an interface of the engine, and the two contracts
// whose code the engine runs at its own address.
const { oracle, registry, attestor, token, verifier, sealVerifier, confirmation, settlement, ...called } =
  CONTRACT_AT

/** The engine's contracts as ethers contracts, by their names in the deployment. Boundary module: network. */
export const ENGINE_CONTRACTS = called

export type EngineContract = keyof typeof ENGINE_CONTRACTS

export interface EngineConnection extends Connection {
  readonly deployment: EngineDeployment
  readonly contracts: Readonly<Record<EngineContract, Contract>>
  readonly provider: Provider
}

export async function connectEngine(
  deployment: EngineDeployment,
  provider: Provider,
  options: BuildOptions = {},
): Promise<EngineConnection> {
  const artifacts = await buildContracts(options)
  const entries = Object.entries(ENGINE_CONTRACTS).map(([name, contract]) => {
    const abi = name === 'engine' ? engineInterface(artifacts) : interfaceOf(artifacts, contract)
    return [name, new Contract(deployment[name as EngineContract], abi, provider)]
  })
  return {
    ...(await connect(deployment, provider, options)),
    deployment,
    contracts: Object.fromEntries(entries) as Record<EngineContract, Contract>,
    provider,
    errors: errorsOf(artifacts),
  }
}

/** The engine tells the events of all three contracts that its code stands in. */
function engineInterface(artifacts: Artifacts): Interface {
  const parts = ['CaseConfirmation', 'CaseSettlement'].flatMap((name) =>
    artifacts[name]!.abi.filter((entry) => entry.type === 'event'),
  )
  const entries = [...artifacts.LiquidationEngine!.abi, ...parts]
  const distinct = new Map(entries.map((entry) => [JSON.stringify(entry), entry]))
  return Interface.from([...distinct.values()] as never)
}

function interfaceOf(artifacts: Artifacts, name: string): Interface {
  return Interface.from(artifacts[name]!.abi as never)
}

/** Sends a call to one of the engine's contracts. Every refusal is a ChainError in words. */
export function sendTo(
  connection: EngineConnection,
  contract: EngineContract,
  method: string,
  args: readonly unknown[],
  sender: Signer,
  options?: SendOptions,
): Promise<Sent> {
  return send(connection.contracts[contract], method, args, sender, connection.errors, options)
}

export function viewOf<T>(
  connection: EngineConnection,
  contract: EngineContract,
  method: string,
  args: readonly unknown[] = [],
): Promise<T> {
  return view<T>(connection.contracts[contract], method, args, connection.errors)
}

export interface EngineEvent {
  readonly contract: EngineContract
  readonly name: string
  readonly values: Readonly<Record<string, unknown>>
}

/** What the engine's contracts told in a transaction, in order. */
export async function eventsOf(connection: EngineConnection, sent: Sent): Promise<EngineEvent[]> {
  const receipt = await connection.provider.getTransactionReceipt(sent.transaction)
  const byAddress = new Map(
    Object.entries(connection.contracts).map(([name, contract]) => [
      String(contract.target).toLowerCase(),
      { name: name as EngineContract, contract },
    ]),
  )
  return (receipt?.logs ?? []).flatMap((log) => {
    const known = byAddress.get(log.address.toLowerCase())
    const parsed = known?.contract.interface.parseLog(log)
    if (known === undefined || parsed === null || parsed === undefined) return []
    return [{ contract: known.name, name: parsed.name, values: parsed.args.toObject() }]
  })
}
