/** What the contracts say as of one block: what no event tells. Boundary module: network, through its source. */
import { ENGINE_PARAMETERS } from '../../chain/engine-client/parameters.ts'
import type { FollowedContract } from './decode.ts'
import type { ChainStatus } from './records.ts'
import type { BlockInfo, ChainSource } from './source.ts'

type Named = (name: string) => FollowedContract
export type EngineParameterTexts = ChainStatus['parameters']

export class StatusReader {
  readonly #source: ChainSource
  readonly #contract: Named
  readonly #maxAgeSeconds: number
  #parameters: EngineParameterTexts | undefined

  constructor(source: ChainSource, contract: Named, maxAgeSeconds: number) {
    this.#source = source
    this.#contract = contract
    this.#maxAgeSeconds = maxAgeSeconds
  }

  /** Parameters are read again after this: one was set, or blocks were abandoned. */
  forget(): void {
    this.#parameters = undefined
  }

  /** @param roundTimeSeconds of the newest round that stands; undefined when there is none */
  async read({ number, atSeconds }: BlockInfo): Promise<ChainStatus> {
    const one = async (name: string, method: string, args: readonly unknown[] = []) =>
      (await this.#source.view(this.#contract(name), method, args, number))[0]
    const [engineSeconds, isPaused, latest, final, insurance, gamma, capital, carried, bond] =
      await Promise.all([
        one('clock', 'time'),
        one('clock', 'paused'),
        one('oracle', 'latestSequence'),
        one('registry', 'finalSequence'),
        one('fund', 'insuranceLots'),
        one('fund', 'gammaLots'),
        one('house', 'capitalLots'),
        one('house', 'carriedLots'),
        one('engine', 'venueBondLots'),
      ])
    // Zero for a round that was rejected, as the engine's clock takes it.
    const roundSeconds = latest === 0n ? 0 : Number(await one('oracle', 'roundTime', [latest]))
    this.#parameters ??= await this.#readParameters(number)
    return {
      clock: {
        engineSeconds: Number(engineSeconds),
        atSeconds,
        isPaused: isPaused === true,
        isStale: roundSeconds === 0 || atSeconds > roundSeconds + this.#maxAgeSeconds,
      },
      finalSequence: Number(final),
      funds: {
        insuranceLots: `${insurance}`,
        gammaReserveLots: `${gamma}`,
        houseCapitalLots: `${capital}`,
        houseCarriedLots: `${carried}`,
        venueBondLots: `${bond}`,
      },
      parameters: this.#parameters,
    }
  }

  async #readParameters(block: number): Promise<EngineParameterTexts> {
    const contract = this.#contract('parameters')
    const values = await Promise.all(
      ENGINE_PARAMETERS.map((_, index) => this.#source.view(contract, 'get', [index], block)),
    )
    return Object.fromEntries(ENGINE_PARAMETERS.map((name, index) => [name, `${values[index]![0]}`]))
  }
}
