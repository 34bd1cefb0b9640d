import { readFileSync } from 'node:fs'
import { Contract, Interface } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Artifacts } from '../../src/chain/build.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import { type LocalChain, startLocalChain } from '../../src/chain/local-chain.ts'
import { guardLimits } from '../../src/chain/oracle-deploy.ts'
import { guardPosted, type PostedPrice } from '../../src/oracle/round-guards.ts'
import {
  DEFAULT_GUARD_PARAMETERS as GUARDS,
  MOST_GUARDED_ROUNDS,
  SPOT_DOUBTED_BIT,
} from '../../src/protocol/guard-parameters.ts'
import { ROUND_SPOTS } from '../../src/protocol/oracle-words.ts'
import { packWord } from '../../src/protocol/packed-word.ts'
import { SplitMix64 } from '../../src/risk/market/prng.ts'
import { testContracts } from '../support/test-contracts.ts'

/** The guards of the contract are those of TypeScript, and what they let through and hold back. */
const FILE = 'contracts/oracle/PriceGuards.sol'
const DOUBTED = 1n << BigInt(SPOT_DOUBTED_BIT)
const START = 1_772_443_800
const NANO = 1_000_000_000n

const source = () => readFileSync(new URL(`../../${FILE}`, import.meta.url), 'utf8')
/** Rounds a minute apart at these prices, USD. */
const path = (prices: readonly number[], doubted: readonly number[] = []): PostedPrice[] =>
  prices.map((price, index) => ({
    asOfSeconds: START + 60 * index,
    priceNano: BigInt(price) * NANO,
    doubted: doubted.includes(index),
  }))
const calm = Array.from({ length: 20 }, () => 60_000)

/** A rule taken out of the contract, and what then comes through, or no longer does. */
interface Mutant {
  readonly what: string
  readonly changes: readonly (readonly [from: string, to: string])[]
  readonly rounds: readonly PostedPrice[]
}
const GUARDS_OUT: readonly Mutant[] = [
  {
    what: 'the largest move',
    changes: [['if (heldBack || _isFar', 'if (_isFar']],
    rounds: path([...calm, 56_000]),
  },
  {
    what: 'the average',
    changes: [['if (heldBack || _isFar(prices, average)) confirms', 'if (heldBack) confirms']],
    rounds: path([...calm, 57_600, 55_300, 53_100]),
  },
  {
    what: 'the doubt',
    changes: [['if (_isDoubted(words)) confirms = false;', '']],
    rounds: path(calm, [19]),
  },
]
/** The market that nothing could be sold in then. */
const WAYS_OUT: readonly Mutant[] = [
  {
    what: 'a move that is repeated stands',
    changes: [
      ['if (guarded.heldCount < repeatRounds) return true;', 'guarded.heldCount = 0; return true;'],
      ['inARow < MOST_HELD_FACTOR * repeatRounds', 'true'],
    ],
    rounds: path([...calm, ...Array.from({ length: 8 }, () => 55_800)]),
  },
  {
    what: 'prices that jump to and fro are held back for so long and no longer',
    changes: [['inARow < MOST_HELD_FACTOR * repeatRounds', 'true']],
    rounds: path([...calm, 50_000, 70_000, 50_000, 70_000, 50_000, 70_000]),
  },
  {
    what: 'a price may stay far off its average',
    changes: [['if (far < repeatRounds) return true;', 'return true;']],
    rounds: path([...calm, 50_000, 50_000, 50_000]),
  },
  {
    what: 'a feed may go on doubting',
    changes: [['if (words[i] & DOUBTED == 0) return true;', 'return true;']],
    rounds: path(calm, [17, 18, 19]),
  },
]
const LEVELS_OUT: readonly Mutant[] = [
  {
    what: 'the breaker never lapses',
    changes: [['if (end - times[i] > breakerWindowSeconds) continue;', '']],
    rounds: path([...calm.slice(0, 3), ...Array.from({ length: 63 }, () => 42_000)]),
  },
]
const ALL = [...GUARDS_OUT, ...WAYS_OUT, ...LEVELS_OUT]

function mutantSource({ changes }: Mutant, index: number): [string, string] {
  const renamed: readonly [string, string] = ['contract PriceGuards {', `contract Mutant${index} {`]
  const text = [...changes, renamed].reduce((given, [from, to]) => {
    if (!given.includes(from)) throw new Error(`there is no ${from} to take out`)
    return given.replace(from, to)
  }, source())
  return [`test/Mutant${index}.sol`, text]
}
const mutated = (mutant: Mutant) => deployed(`Mutant${ALL.indexOf(mutant)}`)

let chain: LocalChain
let contract: Contract
let artifacts: Artifacts
beforeAll(async () => {
  chain = await startLocalChain()
  // One compilation for the contract and every mutant of it.
  artifacts = await testContracts({ [FILE]: source(), ...Object.fromEntries(ALL.map(mutantSource)) })
  contract = await deployed('PriceGuards')
}, 300_000)
afterAll(() => chain?.close())

async function deployed(name: string): Promise<Contract> {
  const artifact = artifacts[name]!
  const address = await deployContract(artifact, [guardLimits(GUARDS)], chain.signer(0))
  return new Contract(address, Interface.from(artifact.abi as never), chain.provider)
}

const wordOf = ({ asOfSeconds, priceNano, doubted }: PostedPrice) =>
  packWord(ROUND_SPOTS, {
    asOfSeconds: BigInt(asOfSeconds),
    spot0Nano: priceNano,
    spot1Nano: 0n,
    spot2Nano: 0n,
  }) | (doubted ? DOUBTED : 0n)

async function onChain(rounds: readonly PostedPrice[], at = contract) {
  const [confirms, level] = (await at.getFunction('assess').staticCall(rounds.map(wordOf))) as [
    boolean,
    bigint,
  ]
  return { confirms, level: Number(level) }
}

const confirms = async (prices: readonly number[], doubted?: readonly number[]) => {
  const rounds = path(prices, doubted)
  const verdict = await onChain(rounds)
  expect(verdict).toEqual(guardPosted(rounds, GUARDS))
  return verdict.confirms
}

/** A walk with prints that come to nothing, gaps and doubts; drifting up, down or nowhere. */
function walk(random: SplitMix64, drift: number): PostedPrice[] {
  const below = (n: number) => Number(random.between(0n, BigInt(n - 1)))
  let [price, asOfSeconds] = [60_000_000, START]
  return Array.from({ length: 1 + below(MOST_GUARDED_ROUNDS) }, () => {
    asOfSeconds += 1 + below(below(8) === 0 ? 2_000 : 90)
    const bps = below(6) === 0 ? 6_000 : below(3) === 0 ? 1_200 : 300
    const move = below(bps) - (drift * bps) / 2
    const moved = Math.max(Math.round((price * (10_000 + move)) / 10_000), 1_000)
    if (below(5) !== 0) price = moved
    return { asOfSeconds, priceNano: BigInt(moved) * 1_000_000n, doubted: below(4) === 0 }
  })
}

const levelAfter = async (rounds: readonly PostedPrice[]) => {
  const verdict = await onChain(rounds)
  expect(verdict).toEqual(guardPosted(rounds, GUARDS))
  return verdict.level
}

describe('the guards on chain', () => {
  it('say what TypeScript says of 400 seeded walks with prints, crashes, gaps and doubts', async () => {
    const random = new SplitMix64(7n)
    const seen = new Set<string>()
    for (let run = 0; run < 400; run++) {
      const rounds = walk(random, run % 3)
      const expected = guardPosted(rounds, GUARDS)
      expect(await onChain(rounds), `run ${run}`).toEqual(expected)
      seen.add(`${expected.confirms} ${expected.level}`)
    }
    // Every level, with and without a sale.
    expect(seen.size).toBe(8)
  })

  it('hold back a flash print, and forget it', async () => {
    expect(await confirms([...calm, 40_000])).toBe(false)
    expect(await confirms([...calm, 40_000, 60_000])).toBe(true)
    expect(await confirms([...calm, 40_000, 60_000, 40_000, 60_000, 40_000])).toBe(false)
    expect(await confirms([...calm, 40_000, 80_000, 40_000])).toBe(false)
  })

  it('confirm a move that three rounds repeat, and every round of a crash from its fourth on', async () => {
    expect(await confirms([...calm, 50_000, 50_000])).toBe(false)
    expect(await confirms([...calm, 50_000, 50_000, 50_000])).toBe(true)
    // The first is a tenth off the average, which is within the bound: three beyond it are the second to the fourth.
    const fall = Array.from({ length: 12 }, (_, index) => Math.round(60_000 * 0.9 ** (index + 1)))
    for (let rounds = 1; rounds <= fall.length; rounds++) {
      expect(await confirms([...calm, ...fall.slice(0, rounds)]), `round ${rounds}`).toBe(rounds >= 4)
    }
  })

  it('hold prices that jump to and fro back for six rounds at most', async () => {
    const jumps = [50_000, 70_000, 50_000, 70_000, 50_000, 70_000]
    for (let rounds = 1; rounds <= jumps.length; rounds++) {
      expect(await confirms([...calm, ...jumps.slice(0, rounds)]), `round ${rounds}`).toBe(rounds === 6)
    }
  })

  it('hold back a price that was walked away from its average by small steps', async () => {
    expect(await confirms([...calm, 57_600, 55_300])).toBe(true)
    expect(await confirms([...calm, 57_600, 55_300, 53_100])).toBe(false)
    expect(await confirms([...calm, 57_600, 55_300, 53_100, 53_000, 53_000])).toBe(true)
  })

  it('hold back what an external feed doubts, until it is repeated', async () => {
    expect(await confirms(calm, [19])).toBe(false)
    expect(await confirms(calm, [18])).toBe(true)
    expect(await confirms(calm, [18, 19])).toBe(false)
    expect(await confirms(calm, [17, 18, 19])).toBe(true)
  })
})

describe('the circuit breaker', () => {
  it('rises with a move within the hour, either way, before the move is accepted', async () => {
    expect(await levelAfter(path([...calm, 55_000]))).toBe(0)
    expect(await levelAfter(path([...calm, 54_000]))).toBe(1)
    expect(await levelAfter(path([...calm, 48_000]))).toBe(2)
    expect(await levelAfter(path([...calm, 42_000]))).toBe(3)
    expect(await levelAfter(path([...calm, 78_000]))).toBe(3)
  })

  it('falls at once after a flash print, and by itself an hour after a move', async () => {
    expect(await levelAfter(path([...calm, 42_000, 60_000]))).toBe(0)
    const crashed = (rounds: number) =>
      path([...calm.slice(0, 3), ...Array.from({ length: rounds }, () => 42_000)])
    expect(await levelAfter(crashed(60))).toBe(3)
    // Two prints are held back: so long the old price still stands.
    expect(await levelAfter(crashed(63))).toBe(0)
  })
})

it('are not deployed with a limit that holds nothing, or levels that do not rise', async () => {
  const refused = (changes: Partial<typeof GUARDS>) =>
    expect(
      deployContract(artifacts.PriceGuards!, [guardLimits({ ...GUARDS, ...changes })], chain.signer(0)),
    ).rejects.toMatchObject({ code: 'CHAIN_REJECTED', rule: 'LimitOutOfRange' })
  await refused({ maximumMoveBps: 0n })
  await refused({ maximumMoveBps: 10_001n })
  await refused({ repeatRounds: 11 })
  await refused({ averageWindowSeconds: 86_401 })
  await refused({ maximumAverageBps: 0n })
  await refused({ breakerWindowSeconds: 0 })
  await refused({ breakerBps: [1_000n, 1_000n, 3_000n] })
})

it.each(GUARDS_OUT)('without $what the print is sold on', async (mutant) => {
  expect((await onChain(mutant.rounds)).confirms).toBe(false)
  expect((await onChain(mutant.rounds, await mutated(mutant))).confirms).toBe(true)
})

it.each(WAYS_OUT)('liquidation would stop, did not: $what', async (mutant) => {
  expect((await onChain(mutant.rounds)).confirms).toBe(true)
  expect((await onChain(mutant.rounds, await mutated(mutant))).confirms).toBe(false)
})

it.each(LEVELS_OUT)('withdrawals would stop if $what', async (mutant) => {
  expect((await onChain(mutant.rounds)).level).toBe(0)
  expect((await onChain(mutant.rounds, await mutated(mutant))).level).toBe(3)
})
