import { readFileSync } from 'node:fs'
import { Contract, Interface } from 'ethers'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Artifacts, buildContracts } from '../../src/chain/build.ts'
import { contextFor } from '../../src/chain/context.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import { protocolConstants } from '../../src/chain/generate-protocol.ts'
import { SIGNAL_LIBRARIES, WORD_LIBRARIES } from '../../src/chain/generate-signals.ts'
import { send } from '../../src/chain/transactions.ts'
import { decodeClaim, THRESHOLD_CODES } from '../../src/protocol/claims.ts'
import { DOMAIN_TAGS, type Domain } from '../../src/protocol/domains.ts'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import { packWord, type WordFields } from '../../src/protocol/packed-word.ts'
import {
  PARAMETER_FIELDS,
  packMarginParameters,
  unpackMarginParameters,
} from '../../src/protocol/parameters.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { MARGIN_SIGNALS } from '../../src/protocol/signals.ts'
import { testContracts } from '../support/test-contracts.ts'
import { ADMIN, PARAMETERS, VENUE, World } from './fixtures/world.ts'

const ENGINE = 7
const ZERO_HASH = `0x${'00'.repeat(32)}`

let world: World
let artifacts: Artifacts
let harness: Contract

beforeAll(async () => {
  world = await World.shared()
  artifacts = await testContracts({
    ...harnessSource(),
    ...constantsSource(),
    ...signalReaderSource(),
    ...wordReaderSource(),
  })
  harness = await deployed('ParityHarness')
}, 300_000)

function harnessSource() {
  const text = readFileSync(new URL('./fixtures/ParityHarness.sol', import.meta.url), 'utf8')
  return { 'test/ParityHarness.sol': text }
}

/** A contract with one getter for each constant of the generated library. */
function constantsSource() {
  const getters = Object.keys(protocolConstants()).map(
    (name) => `function ${name}() external pure returns (uint256) { return Protocol.${name}; }`,
  )
  const text = `// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;
import {Protocol} from "@generated/Protocol.sol";
contract Constants { ${getters.join('\n')} }`
  return { 'test/Constants.sol': text }
}

/** A contract that opens every accessor of the generated libraries as <library>_<name>. */
function readerSource(contract: string, libraries: readonly string[], functions: readonly string[]) {
  const imports = libraries.map((library) => `import {${library}} from "@generated/${library}.sol";`)
  const text = `// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;
${imports.join('\n')}
contract ${contract} {
${functions.join('\n')}
}`
  return { [`test/${contract}.sol`]: text }
}

function signalReaderSource() {
  const functions = Object.entries(SIGNAL_LIBRARIES).flatMap(([library, names]) =>
    names.map(
      (name) =>
        `function ${library}_${name}(uint256[${names.length}] calldata s) external pure returns (uint256) { return ${library}.${name}(s); }`,
    ),
  )
  return readerSource('SignalReader', Object.keys(SIGNAL_LIBRARIES), functions)
}

function wordReaderSource() {
  const functions = Object.entries<WordFields<string>>(WORD_LIBRARIES).flatMap(([library, fields]) => {
    const names = fields.map(([name]) => name)
    return [
      ...names.map(
        (name) =>
          `function ${library}_${name}(uint256 w) external pure returns (uint256) { return ${library}.${name}(w); }`,
      ),
      `function ${library}_pack(${names.map((name) => `uint256 ${name}`).join(', ')}) external pure returns (uint256) { return ${library}.pack(${names.join(', ')}); }`,
    ]
  })
  return readerSource('WordReader', Object.keys(WORD_LIBRARIES), ['error FieldTooWide();', ...functions])
}

async function deployed(name: string, args: readonly unknown[] = []): Promise<Contract> {
  const address = await deployContract(artifacts[name]!, args, world.signer(0))
  return new Contract(address, Interface.from(artifacts[name]!.abi as never), world.chain.provider)
}

/** Deterministic field elements (a multiplicative generator's powers), the extremes first. */
function* fieldElements(): Generator<bigint> {
  yield* [0n, 1n, FIELD_MODULUS - 1n]
  for (let value = 5n; ; value = (value * value + 7n) % FIELD_MODULUS) yield value
}

describe('Solidity and TypeScript agree', () => {
  it('on every constant', async () => {
    const constants = await deployed('Constants')
    for (const [name, value] of Object.entries(protocolConstants())) {
      expect(await constants.getFunction(name).staticCall(), name).toBe(value)
    }
  })

  it('on what those constants are made from', () => {
    const constants = protocolConstants()
    expect(constants.FIELD_MODULUS).toBe(FIELD_MODULUS)
    expect(MARGIN_SIGNALS.map((_, i) => BigInt(i))).toEqual(
      ['BOOK_ROOT', 'RISK_ROOT', 'PARAMETERS', 'CLAIM', 'TAG', 'CHAIN_IN', 'CHAIN_OUT', 'CONTEXT'].map(
        (name) => constants[`SIGNAL_${name}`],
      ),
    )
    for (const [domain, tag] of Object.entries(DOMAIN_TAGS)) expect(constants[`DOMAIN_${domain}`]).toBe(tag)
    expect(constants.PARAMETERS_BITS).toBe(PARAMETER_FIELDS.reduce((sum, [, bits]) => sum + BigInt(bits), 0n))
    expect([constants.LOOSEST_THRESHOLD, constants.STRICTEST_THRESHOLD]).toEqual([1n, 4n])
  })

  it('on Poseidon of two inputs under every domain', async () => {
    const hasher = await poseidonHasher()
    const elements = fieldElements()
    const next = () => elements.next().value as bigint
    for (let i = 0; i < 24; i++) {
      const domain = Object.keys(DOMAIN_TAGS)[i % Object.keys(DOMAIN_TAGS).length] as Domain
      const [left, right] = [next(), next()]
      const onChain = await harness.getFunction('poseidon').staticCall(DOMAIN_TAGS[domain], left, right)
      expect(onChain, `${domain} of ${left} and ${right}`).toBe(hasher.hash(domain, [left, right]))
    }
  })

  it('on the book root', async () => {
    const hasher = await poseidonHasher()
    const call = world.connection.registry.getFunction('bookRootOf')
    const elements = fieldElements()
    for (const count of [1, 5, 2 ** 22 - 1, 77]) {
      const treeRoot = elements.next().value as bigint
      expect(await call.staticCall(treeRoot, count)).toBe(hasher.hash('BOOK_ROOT', [treeRoot, BigInt(count)]))
    }
  })

  it('on the context of a beneficiary', async () => {
    const { chainId, attestor } = world.connection.deployment
    const onChain = world.connection.attestor.getFunction('contextFor')
    for (let index = 0; index < 5; index++) {
      const beneficiary = await world.address(index)
      expect(await onChain.staticCall(beneficiary)).toBe(contextFor(chainId, attestor, beneficiary))
    }
  })

  it('on claims', async () => {
    for (let code = 0n; code < 14n; code++) {
      const onChain = await harness
        .getFunction('decodeClaim')
        .staticCall(code)
        .then(([threshold, below]: [bigint, boolean]) => ({ threshold, below }))
        .catch(() => undefined)
      expect(onChain, `claim ${code}`).toEqual(claimOf(code))
    }
  })

  it('on the place of every signal of every circuit', async () => {
    const reader = await deployed('SignalReader')
    for (const [library, names] of Object.entries(SIGNAL_LIBRARIES)) {
      const signals = names.map((_, index) => BigInt(100 + index))
      for (const [index, name] of names.entries()) {
        const read = reader.getFunction(`${library}_${name}`).staticCall(signals)
        expect(await read, `${library}.${name}`).toBe(signals[index])
      }
    }
  })

  it('on the fields of every packed word', async () => {
    const reader = await deployed('WordReader')
    for (const [library, fields] of Object.entries<WordFields<string>>(WORD_LIBRARIES)) {
      // Every field as large as it gets in turn, and all of them at once.
      for (const full of [...fields.map(([name]) => [name]), fields.map(([name]) => name)]) {
        const values = Object.fromEntries(
          fields.map(([name, bits]) => [name, full.includes(name) ? (1n << BigInt(bits)) - 1n : 0n]),
        )
        const word = packWord(fields, values)
        expect(await reader.getFunction(`${library}_pack`).staticCall(...Object.values(values))).toBe(word)
        for (const [name] of fields) {
          const read = await reader.getFunction(`${library}_${name}`).staticCall(word)
          expect(read, `${library}.${name}`).toBe(values[name])
        }
      }
      for (const [position, [name, bits]] of fields.entries()) {
        const spilling = fields.map((_, index) => (index === position ? 1n << BigInt(bits) : 0n))
        const call = reader.getFunction(`${library}_pack`).staticCall(...spilling)
        await expect(call, `${library}.${name}`).rejects.toMatchObject({ revert: { name: 'FieldTooWide' } })
      }
    }
  })

  it('on the names of signals', async () => {
    const signals = MARGIN_SIGNALS.map((_, index) => BigInt(100 + index))
    expect([...(await harness.getFunction('signalsByName').staticCall(signals))]).toEqual(signals)
  })

  it('on which parameters words are well formed', async () => {
    const words = [
      PARAMETERS,
      0n,
      PARAMETERS | (1n << 99n),
      1n << 255n,
      5n,
      (10_001n << 32n) | 0n,
      (5n << 16n) | 5n,
    ]
    for (const word of words) {
      const onChain = await harness
        .getFunction('requireWellFormed')
        .staticCall(word)
        .then(() => true)
        .catch(() => false)
      expect(onChain, `word ${word}`).toBe(isWellFormed(word))
    }
  })
})

describe('recent heads', () => {
  it('are those since the latest publish, 64 at most', async () => {
    const { registry } = world.connection
    const engine = await world.address(ENGINE)
    const grant = [await registry.getFunction('ENGINE_ROLE').staticCall(), engine]
    await send(registry, 'grantRole', grant, world.signer(ADMIN), world.connection.errors)
    const rootOf = (sequence: number) => registry.getFunction('bookRootOf').staticCall(9_000 + sequence, 5)
    const isRecent = async (sequence: number) =>
      registry.getFunction('isRecent').staticCall(await rootOf(sequence)) as Promise<boolean>
    const change = (method: string, signer: number, args: readonly unknown[]) =>
      send(registry, method, args, world.signer(signer), world.connection.errors)
    const publish = (sequence: number) =>
      change('publish', VENUE, [sequence - 1, 9_000 + sequence, 5, ZERO_HASH, []])
    const move = async (sequence: number) =>
      change('move', ENGINE, [
        ZERO_HASH,
        await rootOf(sequence - 1),
        await rootOf(sequence),
        [[sequence, 3, 77]],
      ])

    // Head 1 is the world's own.
    await publish(2)
    for (let sequence = 3; sequence <= 65; sequence++) await move(sequence)
    expect([await isRecent(2), await isRecent(65), await isRecent(66)]).toEqual([true, true, false])
    await move(66)
    expect([await isRecent(2), await isRecent(3), await isRecent(66)]).toEqual([false, true, true])
    await publish(67)
    expect([await isRecent(3), await isRecent(66), await isRecent(67)]).toEqual([false, false, true])
  }, 60_000)
})

function claimOf(code: bigint) {
  try {
    const claim = decodeClaim(code)
    return claim && { threshold: BigInt(THRESHOLD_CODES[claim.threshold]), below: claim.below }
  } catch {
    return undefined
  }
}

function isWellFormed(word: bigint): boolean {
  try {
    return packMarginParameters(unpackMarginParameters(word)) === word
  } catch {
    return false
  }
}

it('the contracts are as large as a chain takes', async () => {
  for (const artifact of Object.values(await buildContracts())) {
    expect(artifact.bytecode.length / 2, artifact.contractName).toBeLessThan(24_576)
  }
})
