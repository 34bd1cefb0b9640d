import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InputError, OutOfRangeError, TacitError } from '../../src/protocol/errors.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { packMarginParameters } from '../../src/protocol/parameters.ts'
import { type Hasher, poseidonHasher, poseidonImage } from '../../src/protocol/poseidon.ts'
import { hasherOfImage } from '../../src/protocol/poseidon-wasm.ts'
import { scenarioDim } from '../../src/protocol/risk-layout.ts'
import { MatrixPool } from '../../src/prover/matrix-pool.ts'
import { marginParametersOf } from '../../src/risk/configuration.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { Listing } from '../../src/risk/listing.ts'
import { marginOf } from '../../src/risk/margin.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'
import type { InstrumentQuote, MarketSnapshot } from '../../src/risk/market/snapshot.ts'
import { buildRiskMatrix, type MatrixRequest, raiseCharges } from '../../src/risk/matrix.ts'
import { riskRootOf } from '../../src/risk/risk-tree.ts'
import type { RiskVector } from '../../src/risk/vector.ts'
import { PARAMETERS, vectorOf } from './margin-support.ts'

let hasher: Hasher
beforeAll(async () => {
  hasher = await poseidonHasher()
})

const instance = MARGIN_INSTANCES['margin-4']
const snapshot = sampleMarket({ seed: 3, size: 'small' })
const request: MatrixRequest = {
  snapshot,
  configuration: DEFAULT_CONFIGURATION,
  instance,
  listing: Listing.empty,
}
const without = (...symbols: string[]): MarketSnapshot => ({
  ...snapshot,
  instruments: snapshot.instruments.filter(({ symbol }) => !symbols.includes(symbol)),
})
const plain = (_: InstrumentQuote, id: number): RiskVector =>
  vectorOf(id, { 0: 1_000n, [scenarioDim(1)]: -2_000n }, { long: 5n, short: 7n })
const victim = snapshot.instruments[9]!.symbol
const priceAllBut =
  (error: Error) =>
  (instrument: InstrumentQuote, id: number): RiskVector => {
    if (instrument.symbol === victim) throw error
    return plain(instrument, id)
  }

describe('buildRiskMatrix', () => {
  it('gives every instrument a vector under one root, and the parameters word', () => {
    const matrix = buildRiskMatrix(hasher, request)
    expect(matrix.vectors.size).toBe(snapshot.instruments.length + 1)
    expect(matrix.halted).toEqual([])
    for (const { symbol } of snapshot.instruments) {
      expect(matrix.vectors.has(matrix.listing.bySymbol(symbol)!.id)).toBe(true)
    }
    expect(matrix.root).toBe(riskRootOf(hasher, instance, [...matrix.vectors.values()].slice(1)))
    expect(matrix.parametersWord).toBe(packMarginParameters(marginParametersOf(DEFAULT_CONFIGURATION)))
    expect(buildRiskMatrix(hasher, request).root).toBe(matrix.root)
  })

  it('has another root for another market, and keeps ids', () => {
    const first = buildRiskMatrix(hasher, request, plain)
    const second = buildRiskMatrix(hasher, { ...request, listing: first.listing })
    expect(second.root).not.toBe(first.root)
    expect(JSON.stringify(second.listing)).toBe(JSON.stringify(first.listing))
  })

  it('halts an instrument whose rate is out of range, and it alone', () => {
    const wild = (instrument: InstrumentQuote, id: number) =>
      instrument.symbol === victim ? vectorOf(id, { 0: 1n << 38n }) : plain(instrument, id)
    const first = buildRiskMatrix(hasher, request, wild)
    const id = first.listing.bySymbol(victim)!.id
    expect(first.halted).toEqual([
      { symbol: victim, id, reason: expect.stringContaining('dimension 0'), standing: undefined },
    ])
    expect(first.vectors.has(id)).toBe(false)
    expect(first.vectors.size).toBe(snapshot.instruments.length)
  })

  it('lets the last vector stand with charges raised once, however long the halt', () => {
    const first = buildRiskMatrix(hasher, request, plain)
    const halt = priceAllBut(new OutOfRangeError('rate', 1, 'too far'))
    const second = buildRiskMatrix(hasher, { ...request, listing: first.listing, previous: first }, halt)
    const third = buildRiskMatrix(hasher, { ...request, listing: second.listing, previous: second }, halt)
    const { id } = first.listing.bySymbol(victim)!
    const before = first.vectors.get(id)!
    for (const round of [second, third]) {
      expect(round.halted[0]?.standing).toBe(before)
      // A quarter of the largest move, 2,000; the long side has no room, as one lot can lose more than it is worth.
      expect(round.vectors.get(id)).toEqual({ ...before, longChargeNano: 5n, shortChargeNano: 507n })
    }
    const fourth = buildRiskMatrix(hasher, { ...request, listing: third.listing, previous: third }, plain)
    expect(fourth.vectors.get(id)).toEqual(before)
    expect(fourth.halted).toEqual([])
  })

  it('treats a listed instrument that is not quoted as halted', () => {
    const first = buildRiskMatrix(hasher, request, plain)
    const later = { ...request, snapshot: without(victim), listing: first.listing }
    const second = buildRiskMatrix(hasher, { ...later, previous: first }, plain)
    expect(second.halted).toMatchObject([{ symbol: victim, reason: 'not quoted this round' }])
    expect(second.vectors.has(second.halted[0]!.id)).toBe(true)
    expect(buildRiskMatrix(hasher, later, plain).vectors.size).toBe(first.vectors.size - 1)
  })

  it('stops the round for any other failure, naming the instrument', () => {
    const build = (error: Error) => () => buildRiskMatrix(hasher, request, priceAllBut(error))
    expect(build(new InputError('no smile', { field: 'smile' }))).toThrow(InputError)
    expect(build(new InputError('no smile', { field: 'smile' }))).toThrow(
      `field "smile": ${victim}: no smile`,
    )
    expect(build(new Error('a bug'))).toThrow(TacitError)
    expect(build(new Error('a bug'))).toThrow(`${victim}: a bug`)
  })
})

describe('raiseCharges', () => {
  it('adds a quarter of the largest of mark and scenario P&L, rounded up', () => {
    const raised = raiseCharges(vectorOf(1, { 0: 101n, [scenarioDim(4)]: -20n }, { long: 1n }), PARAMETERS)
    expect(raised).toMatchObject({ longChargeNano: 27n, shortChargeNano: 26n })
  })

  it('stays within the charge range', () => {
    const limit = (1n << 38n) - 1n
    const raised = raiseCharges(
      vectorOf(1, { 0: limit }, { long: limit - 5n, short: limit - 5n }),
      PARAMETERS,
    )
    expect(raised).toMatchObject({ longChargeNano: limit, shortChargeNano: limit })
  })

  it('never puts a fully paid long lot below maintenance', () => {
    const { vectors, parameters } = buildRiskMatrix(hasher, request)
    for (const vector of vectors.values()) {
      const raised = raiseCharges(vector, parameters)
      const covered = (of: RiskVector) => {
        const { tier } = marginOf([{ id: of.id, quantityLots: 1n }], new Map([[of.id, of]]), parameters)
        return tier !== 'fullLiquidation' && tier !== 'insolvent'
      }
      expect(covered(raised)).toBe(covered(vector))
      expect(raised.longChargeNano).toBeGreaterThanOrEqual(vector.longChargeNano)
    }
  })
})

describe('hasherOfImage', () => {
  it('is the same function, at any number of inputs and at the ends of the field', async () => {
    const other = hasherOfImage(await poseidonImage())
    const last = 21888242871839275222246405745257275088548364400416034343698204186575808495616n
    for (let count = 1; count <= 16; count++) {
      const inputs = Array.from({ length: count }, (_, index) => (index % 2 === 0 ? last : BigInt(index)))
      expect(other.hash('RISK_LEAF', inputs)).toBe(hasher.hash('RISK_LEAF', inputs))
      expect(other.hash('BOOK_NODE', inputs)).toBe(hasher.hash('BOOK_NODE', inputs))
    }
    expect(() => other.hash('CHAIN', [])).toThrow('1 to 16 inputs')
    expect(() => other.hash('CHAIN', new Array<bigint>(17).fill(0n))).toThrow('not 17')
  })
})

describe('MatrixPool', () => {
  let pool: MatrixPool
  beforeAll(() => {
    pool = new MatrixPool(2)
  })
  afterAll(() => pool.close())

  it('builds the same matrix as one thread, round after round and two at a time', async () => {
    const alone = buildRiskMatrix(hasher, request)
    const rounds = await Promise.all([pool.build(request), pool.build(request)])
    for (const matrix of [...rounds, await pool.build(request)]) {
      expect(matrix.root).toBe(alone.root)
      expect([...matrix.vectors]).toEqual([...alone.vectors])
      expect(JSON.stringify(matrix.listing)).toBe(JSON.stringify(alone.listing))
    }
  })

  it('halts an instrument across the threads', async () => {
    const huge: InstrumentQuote = { kind: 'cash', symbol: 'XXL', lotNano: 10n ** 12n }
    const instruments = [...snapshot.instruments, huge]
    const { halted } = await pool.build({ ...request, snapshot: { ...snapshot, instruments } })
    expect(halted).toMatchObject([{ symbol: 'XXL', standing: undefined }])
  })

  it('carries an error home with the name of the instrument, and goes on', async () => {
    const stray: InstrumentQuote = { kind: 'spot', symbol: 'STRAY', lotNano: 1n, underlying: 7 }
    const broken = { ...snapshot, instruments: [...snapshot.instruments, stray] }
    const failure = await pool.build({ ...request, snapshot: broken }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(InputError)
    expect(String(failure)).toContain('STRAY')
    expect((await pool.build(request)).halted).toEqual([])
  })

  it('refuses work once closed, and fails what it had', async () => {
    const shortLived = new MatrixPool(1)
    const unfinished = shortLived.build(request).catch((error: unknown) => error)
    await shortLived.close()
    expect(await unfinished).toMatchObject({ code: 'TOOL_FAILED' })
    await expect(shortLived.build(request)).rejects.toThrow('closed')
    expect(() => new MatrixPool(0)).toThrow(RangeError)
  })
})
