import type { EventLog } from 'ethers'
import { type CaseAward, type EngineCase, readAward, readCase } from './cases.ts'
import { type EngineConnection, viewOf } from './connection.ts'

/** Every case that was ever opened, from the engine's events. Boundary module: network. */
export interface ListedCase {
  readonly engineCase: EngineCase
  readonly award: CaseAward
  /** Block that it was opened in. */
  readonly blockNumber: number
}

/** In the order of opening. `fromBlock` is the block of the deployment, to spare the chain a long search. */
export async function listCases(connection: EngineConnection, fromBlock = 0): Promise<ListedCase[]> {
  const { engine } = connection.contracts
  const opened = (await engine.queryFilter('CaseOpened', fromBlock)) as EventLog[]
  return Promise.all(
    opened.map(async ({ args, blockNumber }) => {
      const caseId = String(args.caseId)
      const [engineCase, award] = await Promise.all([
        readCase(connection, caseId),
        readAward(connection, caseId),
      ])
      return { engineCase, award, blockNumber }
    }),
  )
}

export interface SubAccount {
  readonly tag: bigint
  readonly owner: string
  /** Head at which the venue vouched for it; 0 when it does not. */
  readonly vouchedSequence: bigint
  /** The case that it is bid in, or undefined. */
  readonly caseId: string | undefined
  /** Head at which a move last changed it; a word older than that is over. */
  readonly touchedSequence: bigint
}

export async function readSubAccount(connection: EngineConnection, tag: bigint): Promise<SubAccount> {
  const [raw, touchedSequence] = await Promise.all([
    viewOf<[string, bigint, string]>(connection, 'liquidators', 'subAccountOf', [tag]),
    connection.registry.getFunction('touchedSequence').staticCall(tag) as Promise<bigint>,
  ])
  const [owner, vouchedSequence, caseId] = raw
  return {
    tag,
    owner,
    vouchedSequence,
    caseId: BigInt(caseId) === 0n ? undefined : caseId,
    touchedSequence,
  }
}

/** Every sub-account that was ever registered, by its present owner. */
export async function listSubAccounts(connection: EngineConnection, fromBlock = 0): Promise<SubAccount[]> {
  const { liquidators } = connection.contracts
  const registered = (await liquidators.queryFilter('SubAccountRegistered', fromBlock)) as EventLog[]
  const tags = new Set(registered.map(({ args }) => args.tag as bigint))
  return Promise.all([...tags].map((tag) => readSubAccount(connection, tag)))
}

/** Whitelisted, bonded liquidators with a key: whom a slice is shown to. X25519 key in hex. */
export async function activeLiquidators(
  connection: EngineConnection,
  fromBlock = 0,
): Promise<{ readonly address: string; readonly disclosureKey: string }[]> {
  const { liquidators } = connection.contracts
  const listed = (await liquidators.queryFilter('Whitelisted', fromBlock)) as EventLog[]
  const addresses = [...new Set(listed.map(({ args }) => String(args.liquidator)))]
  const all = await Promise.all(
    addresses.map(async (address) => {
      const active = await viewOf<boolean>(connection, 'liquidators', 'isActive', [address])
      const [, , , disclosureKey] = await viewOf<[boolean, bigint, bigint, string]>(
        connection,
        'liquidators',
        'liquidatorOf',
        [address],
      )
      return { address, disclosureKey, active }
    }),
  )
  return all.filter(({ active }) => active).map(({ address, disclosureKey }) => ({ address, disclosureKey }))
}
