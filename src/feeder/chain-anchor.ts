import type { OracleConnection } from '../chain/oracle-client.ts'
import { chainErrorOf } from '../chain/transactions.ts'

/**
 * Says whether what was read of the chain before still stands: not after a reorganisation, which may have put another round
 * in the place of a known one, and not once a round was rejected. Boundary module: network.
 */
export class ChainAnchor {
  readonly #connection: OracleConnection
  #at: { readonly number: number; readonly hash: string } | undefined

  constructor(connection: OracleConnection) {
    this.#connection = connection
  }

  /** To be asked before anything is read: what comes after may be newer than the anchor, and never older. */
  async stands(): Promise<boolean> {
    const { oracle, errors } = this.#connection
    const provider = oracle.runner!.provider!
    const before = this.#at
    try {
      const newest = (await provider.getBlock('latest'))!
      this.#at = { number: newest.number, hash: newest.hash! }
      if (before === undefined || newest.hash === before.hash) return true
      const same = newest.number > before.number ? await provider.getBlock(before.number) : null
      if (same?.hash !== before.hash) return false
      const rejected = await oracle.queryFilter('RoundRejected', before.number + 1, newest.number)
      return rejected.length === 0
    } catch (error) {
      throw chainErrorOf(error, errors)
    }
  }
}
