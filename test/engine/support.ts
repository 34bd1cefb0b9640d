/** One instance of the engine's module on memory of its own, and numbers that break careless arithmetic. */
import { Arena, Machine } from '../../src/prover/engine/machine.ts'
import { FIRST_FREE_ADDRESS, writeConstants } from '../../src/prover/engine/wasm/layout.ts'
import { compiledModule } from '../../src/prover/engine/wasm/module.ts'

export interface Bench {
  readonly machine: Machine
  readonly arena: Arena
}

export async function openBench(checked: boolean, megabytes = 16): Promise<Bench> {
  const module = await compiledModule({ shared: false, checked })
  const memory = new WebAssembly.Memory({ initial: 16 * megabytes, maximum: 16 * megabytes })
  writeConstants(memory.buffer)
  return { machine: await Machine.create(module, memory), arena: new Arena(FIRST_FREE_ADDRESS) }
}

/** A deterministic generator (xorshift of 64 bits): a failure can be repeated. */
export class Random {
  #state: bigint

  constructor(seed: bigint) {
    this.#state = seed
  }

  word(): bigint {
    let x = this.#state
    x ^= (x << 13n) & 0xffffffffffffffffn
    x ^= x >> 7n
    x ^= (x << 17n) & 0xffffffffffffffffn
    this.#state = x
    return x
  }

  below(bound: bigint): bigint {
    let value = 0n
    for (let i = 0; i < 5; i++) value = (value << 64n) | this.word()
    return value % bound
  }

  index(count: number): number {
    return Number(this.word() % BigInt(count))
  }

  pick<T>(items: readonly T[]): T {
    return items[this.index(items.length)]!
  }
}

export function inverse(value: bigint, p: bigint): bigint {
  let [result, square] = [1n, value % p]
  for (let e = p - 2n; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * square) % p
    square = (square * square) % p
  }
  return result
}
