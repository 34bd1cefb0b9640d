import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { FIELD_MODULUS } from '../protocol/field.ts'
import { solidityHeader } from './generate-protocol.ts'

/**
 * Writes Poseidon of two inputs with a domain tag in the capacity, for Solidity. Boundary module: reads circomlibjs's
 * constants from its package.
 *
 * The plain form of the permutation is used, not circomlib's optimised one: its 195 round constants and one matrix
 * make 10 kB of code where the sparse matrices would make 19 kB, near the limit of a contract.
 */
const WIDTH = 3
const FULL_ROUNDS = 8
const PARTIAL_ROUNDS = 57
/** Place of width 3 in the tables of circomlibjs, which begin at width 2. */
const TABLE = WIDTH - 2

interface PoseidonConstants {
  /** By width: one constant per state element and round. */
  readonly C: readonly (readonly string[])[]
  readonly M: readonly (readonly (readonly string[])[])[]
}

/** The text of PoseidonT3.sol. */
export function solidityPoseidon(): string {
  const { C, M } = readConstants()
  const constants = C[TABLE]!
  const rounds = FULL_ROUNDS + PARTIAL_ROUNDS
  if (constants.length !== rounds * WIDTH) throw new RangeError('circomlibjs has other Poseidon constants')
  const calls = Array.from({ length: rounds }, (_, round) => {
    const full = round < FULL_ROUNDS / 2 || round >= FULL_ROUNDS / 2 + PARTIAL_ROUNDS
    const [c0, c1, c2] = constants.slice(round * WIDTH, (round + 1) * WIDTH).map(hex)
    return `            s0, s1, s2 := ${full ? 'full' : 'partial'}(s0, s1, s2, ${c0}, ${c1}, ${c2})`
  })
  return `${solidityHeader('generate-poseidon.ts')}${library(M[TABLE]!, calls)}`
}

function library(matrix: readonly (readonly string[])[], calls: readonly string[]): string {
  const p = hex(FIELD_MODULUS.toString())
  const mix = [0, 1, 2].map((row) => {
    const [m0, m1, m2] = matrix[row]!.map(hex)
    return `                r${row} := add(add(mulmod(s0, ${m0}, ${p}), mulmod(s1, ${m1}, ${p})), mulmod(s2, ${m2}, ${p}))`
  })
  return `/**
 * @notice Poseidon over BN254 with circomlib's constants: two inputs, and the domain tag as the capacity's first value.
 * @dev State elements are left unreduced between rounds: a row of the mix is below 3p and a constant below p, and 4p
 * is below 2^256; mulmod reduces the rest. Inputs must be below p, or two of them would hash alike.
 */
library PoseidonT3 {
    function hash(uint256 domain, uint256 left, uint256 right) internal pure returns (uint256 result) {
        assembly ("memory-safe") {
            function power5(x) -> y {
                let x2 := mulmod(x, x, ${p})
                y := mulmod(x, mulmod(x2, x2, ${p}), ${p})
            }
            function mix(s0, s1, s2) -> r0, r1, r2 {
${mix.join('\n')}
            }
            function full(s0, s1, s2, c0, c1, c2) -> r0, r1, r2 {
                r0, r1, r2 := mix(power5(add(s0, c0)), power5(add(s1, c1)), power5(add(s2, c2)))
            }
            function partial(s0, s1, s2, c0, c1, c2) -> r0, r1, r2 {
                r0, r1, r2 := mix(power5(add(s0, c0)), add(s1, c1), add(s2, c2))
            }
            let s0 := domain
            let s1 := left
            let s2 := right
${calls.join('\n')}
            result := mod(s0, ${p})
        }
    }
}
`
}

function readConstants(): PoseidonConstants {
  // The package exports its entry point alone; the table lies beside it.
  const entry = createRequire(import.meta.url).resolve('circomlibjs')
  const path = join(dirname(entry), '..', 'src', 'poseidon_constants.json')
  return JSON.parse(readFileSync(path, 'utf8')) as PoseidonConstants
}

function hex(value: string): string {
  return `0x${BigInt(value).toString(16).padStart(64, '0')}`
}
