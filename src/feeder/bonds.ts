import type { EventLog, Signer } from 'ethers'
import type { OracleConnection } from '../chain/oracle-client.ts'
import { chainErrorOf, send, view } from '../chain/transactions.ts'

/** Gets a poster's bonds back once nobody can challenge its rounds any more. Boundary module: network. */
export class Bonds {
  readonly #connection: OracleConnection
  readonly #poster: Signer
  #fromBlock: number
  readonly #open = new Map<number, number>()

  constructor(connection: OracleConnection, poster: Signer, fromBlock: number) {
    this.#connection = connection
    this.#poster = poster
    this.#fromBlock = fromBlock
  }

  /**
   * @param nowSeconds of the chain
   * @returns rounds whose bonds came back; rejected rounds have none
   */
  async reclaim(nowSeconds: number): Promise<number[]> {
    const { oracle, errors } = this.#connection
    await this.#findPosted()
    const back: number[] = []
    for (const sequence of [...this.#open.keys()].sort((a, b) => a - b)) {
      const end = await view<bigint>(oracle, 'windowEnd', [sequence], errors)
      if (BigInt(nowSeconds) < end) break
      const { bondWei } = await view<{ bondWei: bigint }>(oracle, 'postings', [sequence], errors)
      if (bondWei > 0n) {
        await send(oracle, 'reclaimBond', [sequence], this.#poster, errors)
        back.push(sequence)
      }
      this.#open.delete(sequence)
    }
    const owed = await view<bigint>(oracle, 'owedWei', [await this.#poster.getAddress()], errors)
    if (owed > 0n) await send(oracle, 'withdraw', [], this.#poster, errors)
    return back
  }

  async #findPosted(): Promise<void> {
    const { oracle, errors } = this.#connection
    try {
      const latest = await oracle.runner!.provider!.getBlockNumber()
      if (latest < this.#fromBlock) return
      const filter = oracle.getEvent('RoundData')(null, await this.#poster.getAddress())
      const logs = (await oracle.queryFilter(filter, this.#fromBlock, latest)) as EventLog[]
      for (const { args, blockNumber } of logs) this.#open.set(Number(args[0]), blockNumber)
      this.#fromBlock = latest + 1
    } catch (error) {
      throw chainErrorOf(error, errors)
    }
  }
}
