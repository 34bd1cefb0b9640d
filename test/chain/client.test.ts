import { id, JsonRpcProvider, Wallet } from 'ethers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildContracts } from '../../src/chain/build.ts'
import {
  approveParameters,
  bookHead,
  designateEpoch,
  errorsOf,
  isCovered,
  latestRound,
  postRound,
  signRound,
} from '../../src/chain/client.ts'
import { startLocalChain } from '../../src/chain/local-chain.ts'
import { REASONS, reasonFor } from '../../src/chain/reasons.ts'
import { send } from '../../src/chain/transactions.ts'
import { ADMIN, FEEDERS, KEEPER, PARAMETERS, riskRootOf, TAG, VENUE, World } from './fixtures/world.ts'

let world: World
beforeAll(async () => {
  world = await World.shared()
}, 300_000)
beforeEach(() => world.reset())

describe('reasons', () => {
  it('has words for every named error of every contract', async () => {
    const named: string[] = []
    errorsOf(await buildContracts()).forEachError((error) => named.push(error.name))
    expect(named.length).toBeGreaterThan(40)
    expect(named.filter((name) => !Object.hasOwn(REASONS, name))).toEqual([])
  })

  it('has words for no error that is gone', async () => {
    const named = new Set(['Error', 'Panic'])
    errorsOf(await buildContracts()).forEachError((error) => named.add(error.name))
    expect(Object.keys(REASONS).filter((name) => !named.has(name))).toEqual([])
  })

  it('makes a sentence of any arguments', async () => {
    errorsOf(await buildContracts()).forEachError((error) => {
      const sentence = reasonFor(
        error.name,
        error.inputs.map(() => 3n),
      )
      expect(sentence, error.name).not.toMatch(/undefined|NaN|\[object/)
    })
  })
})

describe('rounds', () => {
  it('a posted round is read back whole', async () => {
    await world.postRound(7)
    const { timeSeconds, ...rest } = await world.round(7)
    expect(await latestRound(world.connection)).toMatchObject(rest)
    expect(timeSeconds).toBeGreaterThan(0)
  })

  it('is recent among the last two and while fresh', async () => {
    await world.postRound(2)
    await world.postRound(9)
    const isRecent = world.connection.oracle.getFunction('isRecent')
    const answers = () => Promise.all([0, 1, 2, 3, 9].map((sequence) => isRecent.staticCall(sequence)))
    expect(await answers()).toEqual([false, false, true, false, true])
    await world.chain.advance(700)
    expect(await answers()).toEqual([false, false, false, false, false])
  })

  it('a signature is good for one chain, one oracle and one round', async () => {
    const { deployment } = world.connection
    const round = await world.round(2)
    const others = [
      { ...deployment, chainId: 1n },
      { ...deployment, oracle: deployment.registry },
    ]
    for (const domain of others) {
      const signatures = await Promise.all(
        FEEDERS.map((index) => signRound(domain, world.signer(index), round)),
      )
      // Another domain's signature recovers to a stranger; which error that gives depends on the strangers' order.
      const call = postRound(world.connection, world.signer(KEEPER), round, signatures)
      await expect(call).rejects.toMatchObject({
        rule: expect.stringMatching(/NotAFeeder|SignersNotAscending/),
      })
    }
    const signatures = await Promise.all(
      FEEDERS.map((index) => signRound(deployment, world.signer(index), round)),
    )
    const changed = { ...round, riskRoot: riskRootOf(3) }
    const call = postRound(world.connection, world.signer(KEEPER), changed, signatures)
    await expect(call).rejects.toMatchObject({
      rule: expect.stringMatching(/NotAFeeder|SignersNotAscending/),
    })
  })

  it('a round before the first approval is refused, and new parameters replace the old', async () => {
    const next = PARAMETERS + (1n << 16n)
    await approveParameters(world.connection, world.signer(ADMIN), next, id('configuration 2'))
    await expect(world.postRound(2)).rejects.toMatchObject({ rule: 'ParametersNotApproved' })
    await world.postRound(2, { parameters: next, configurationHash: id('configuration 2') })
    // The round before keeps its own.
    const round = await world.connection.oracle.getFunction('roundAt').staticCall(1)
    expect(round.parameters).toBe(PARAMETERS)
  })

  it('an unknown round is refused in words', async () => {
    const { oracle, errors } = world.connection
    const call = send(oracle, 'roundAt', [5], world.signer(KEEPER), errors)
    await expect(call).rejects.toThrow('there is no round 5')
  })
})

describe('the book', () => {
  it('its head is read back', async () => {
    await world.publish(2)
    expect(await bookHead(world.connection)).toEqual({ sequence: 2, bookRoot: await world.bookRoot(2) })
  })

  it('epochs name the heads to be sealed', async () => {
    await designateEpoch(world.connection, world.signer(VENUE))
    await world.publish(2)
    await world.publish(3)
    await designateEpoch(world.connection, world.signer(VENUE))
    const epochHead = world.connection.registry.getFunction('epochHead')
    expect([await epochHead.staticCall(1), await epochHead.staticCall(2)]).toEqual([1n, 3n])
  })

  it('a head that is not there is refused', async () => {
    const call = world.connection.registry.getFunction('headAt').staticCall(9)
    await expect(call).rejects.toMatchObject({ revert: { name: 'UnknownHead' } })
  })
})

describe('the chain', () => {
  it('that does not answer is told as such', async () => {
    const provider = new JsonRpcProvider('http://127.0.0.1:9', 31337n, { staticNetwork: true })
    const signer = Wallet.createRandom().connect(provider)
    const { attestor, errors } = world.connection
    const call = send(
      attestor,
      'attest',
      [new Array(8).fill(0), new Array(8).fill(0), signer.address],
      signer,
      errors,
    )
    await expect(call).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' })
    provider.destroy()
  })

  it('a refused transaction leaves no gap in the nonces', async () => {
    await world.record('im', false)
    await expect(world.record('im', false)).rejects.toMatchObject({ rule: 'AlreadyRecorded' })
    await world.record('mm', false)
    expect(await isCovered(world.connection, TAG, 'im', 300)).toBe(true)
  })

  it('starts on a free port and is gone after close', async () => {
    const chain = await startLocalChain({ chainId: 1337n })
    expect((await chain.provider.getNetwork()).chainId).toBe(1337n)
    await chain.close()
    await expect(fetch(chain.url, { method: 'POST' })).rejects.toThrow()
  })
})
