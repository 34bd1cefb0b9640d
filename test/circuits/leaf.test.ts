import { describe, expect, it } from 'vitest'
import { compileSources, readSources, readSymbols } from '../../scripts/mutation/harness.ts'
import { loadProgram, mainText } from '../../scripts/mutation/honest.ts'
import { accountLeaf, packSlots } from '../../src/book/leaf.ts'
import { toSlots } from '../../src/book/slots.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { TestRandom } from '../support/synthetic.ts'

describe('AccountLeaf', () => {
  // 64 slots take another branch than the rest: their elements are hashed in groups before they stand in the leaf.
  for (const slots of [4, 16, 64]) {
    it(`is the leaf of src/book, for ${slots} slots`, async () => {
      const main = mainText('margin/account.circom', 'AccountLeaf', `${slots}`)
      const compiled = await compileSources(readSources(), main, 'program')
      const program = await loadProgram(compiled.wasm)
      const leafSignal = readSymbols(compiled.sym).get('leaf')!
      const hasher = await poseidonHasher()
      const random = new TestRandom(slots)
      for (const count of [0, 1, slots]) {
        const positions = Array.from({ length: count }, (_, i) => ({
          id: 1 + 7 * i,
          quantityLots: random.signed(37) - 1n,
        }))
        const account = {
          accountId: Number(random.bits(31)),
          owner: random.bits(160),
          secret: random.bits(248),
          nonce: random.bits(40),
          positions: positions.filter(({ quantityLots }) => quantityLots !== 0n),
        }
        const { accountId, owner, secret, nonce } = account
        const packed = packSlots(toSlots(account.positions, slots))
        const witness = await program.run({ accountId: BigInt(accountId), owner, secret, nonce, packed })
        expect(witness[leafSignal]).toBe(accountLeaf(hasher, account, slots))
      }
    })
  }
})
