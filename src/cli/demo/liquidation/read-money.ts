import type { EventLog } from 'ethers'
import { viewOf } from '../../../chain/engine-client/connection.ts'
import { CASH_ID } from '../../../protocol/liquidation.ts'
import type { Stage } from '../stage.ts'
import type { ChainMoney, Flows } from './tally.ts'

/** Reads what the contracts hold and owe. Boundary module: network. @param persons addresses of all others who hold test money */
export async function readMoney(
  { connection, deployment, token }: Pick<Stage, 'connection' | 'deployment' | 'token'>,
  persons: readonly string[],
): Promise<ChainMoney> {
  const lots = (contract: 'vault' | 'fund' | 'escrow', method: string, args: readonly unknown[] = []) =>
    viewOf<bigint>(connection, contract, method, args)
  const balanceOf = (holder: string): Promise<bigint> => token.getFunction('balanceOf').staticCall(holder)
  const held = await Promise.all(persons.map(balanceOf))
  return {
    ledgerLots: await lots('vault', 'ledgerOf', [CASH_ID]),
    payableLots: await lots('vault', 'payableLots', [CASH_ID]),
    pendingLots: await lots('vault', 'pendingLots', [CASH_ID]),
    deficitLots: await lots('vault', 'deficitLots'),
    insuranceLots: await lots('fund', 'insuranceLots'),
    gammaLots: await lots('fund', 'gammaLots'),
    escrowLots: await lots('escrow', 'totalLots'),
    balances: {
      vault: await balanceOf(deployment.vault),
      fund: await balanceOf(deployment.fund),
      escrow: await balanceOf(deployment.escrow),
      house: await balanceOf(deployment.house),
      persons: held.reduce((sum, units) => sum + units, 0n),
    },
    mintedUnits: await token.getFunction('totalSupply').staticCall(),
  }
}

/** Sums the vault's own events since a block. */
export async function readFlows(
  { connection }: Pick<Stage, 'connection'>,
  fromBlock: number,
): Promise<Flows> {
  const { vault } = connection.contracts
  const sum = async (event: string, field: string) => {
    const logs = (await vault.queryFilter(event, fromBlock)) as EventLog[]
    return logs.reduce((total, { args }) => total + (args[field] as bigint), 0n)
  }
  return {
    escrowInLots: await sum('BookCredited', 'lots'),
    feesOutLots: await sum('BookDebited', 'lots'),
    withdrawnLots: await sum('Withdrawn', 'lots'),
    coveredLots: await sum('AccountCovered', 'lots'),
  }
}
