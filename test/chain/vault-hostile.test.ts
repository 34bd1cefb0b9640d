import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import { turnHostile } from './fixtures/hostile.ts'
import { DISPUTE_SECONDS, INTERVAL_SECONDS, UNITS_PER_LOT, VaultWorld } from './fixtures/vault-world.ts'
import { ADMIN, STRANGER, TAG, VENUE } from './fixtures/world.ts'

/** A collateral that blocks one address: only that address's own payout waits. */
let world: VaultWorld
beforeAll(async () => {
  world = await VaultWorld.shared()
}, 600_000)
beforeEach(() => world.reset())

describe('a payout to an address that the token blocks', () => {
  it('waits alone: the others are paid, the book goes on, and it is paid once it is let through', async () => {
    const { vault, token } = world.contracts
    await world.send(vault, 'bringIn', [CASH_ID, 10_000], VENUE)
    const [blocked, other] = [`0x${'b1'.repeat(20)}`, `0x${'b2'.repeat(20)}`]
    await world.withdraw({ terms: { recipient: blocked } })
    await world.chain.advance(INTERVAL_SECONDS)
    await world.withdraw({ terms: { recipient: other } })
    const hostile = await turnHostile(world.chain, String(token.target), 6)
    await world.send(hostile, 'setBlocked', [blocked, true], ADMIN)
    await world.finalise()
    await world.chain.advance(DISPUTE_SECONDS)
    const claim = (id: number) => world.send(vault, 'claim', [id], STRANGER)
    await expect(claim(1)).rejects.toThrow()
    await claim(2)
    expect(await world.balance(other)).toBe(400n * UNITS_PER_LOT)
    await world.deposit(1_000n, { tag: TAG + 1n })
    expect(await world.view(vault, 'payableLots', [CASH_ID])).toBe(400n)
    await world.send(hostile, 'setBlocked', [blocked, false], ADMIN)
    await claim(1)
    expect(await world.balance(blocked)).toBe(400n * UNITS_PER_LOT)
    expect(await world.view(vault, 'payableLots', [CASH_ID])).toBe(0n)
  })
})
