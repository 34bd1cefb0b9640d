import { describe, expect, it } from 'vitest'
import { compileSources, readSources, readSymbols } from '../../scripts/mutation/harness.ts'
import { loadProgram } from '../../scripts/mutation/honest.ts'
import { DOMAIN_TAGS } from '../../src/protocol/domains.ts'
import { poseidonHasher } from '../../src/protocol/poseidon.ts'
import { TestRandom } from '../support/synthetic.ts'

/** One main with a TaggedHash of every arity. */
const MAIN = `pragma circom 2.1.9;
include "protocol.circom";
include "lib/hash.circom";
template EveryArity() {
    signal input in[16];
    signal output out[16];
    component hash[16];
${Array.from({ length: 16 }, (_, n) => `    hash[${n}] = TaggedHash(${n + 1}, TAG_RISK_LEAF()); for (var i = 0; i <= ${n}; i++) { hash[${n}].in[i] <== in[i]; } out[${n}] <== hash[${n}].out;`).join('\n')}
}
component main = EveryArity();
`

describe('TaggedHash', () => {
  it('is circomlib Poseidon with the tag in the capacity, for every arity', async () => {
    const compiled = await compileSources(readSources(), MAIN, 'program')
    const program = await loadProgram(compiled.wasm)
    const symbols = readSymbols(compiled.sym)
    const hasher = await poseidonHasher()
    const random = new TestRandom(11)
    const extremes = Array.from({ length: 16 }, (_, i) =>
      i % 2 === 0 ? 0n : 21888242871839275222246405745257275088548364400416034343698204186575808495616n,
    )
    for (const inputs of [Array.from({ length: 16 }, () => random.bits(253)), extremes]) {
      const witness = await program.run({ in: inputs })
      for (let n = 0; n < 16; n++) {
        expect(witness[symbols.get(`out[${n}]`)!], `arity ${n + 1}`).toBe(
          hasher.hash('RISK_LEAF', inputs.slice(0, n + 1)),
        )
      }
    }
  })

  it('separates domains: no two tags are equal', () => {
    const tags = Object.values(DOMAIN_TAGS)
    expect(new Set(tags).size).toBe(tags.length)
  })
})
