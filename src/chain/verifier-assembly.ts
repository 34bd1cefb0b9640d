import { ErrorFragment } from 'ethers'

/** What the functions of a generated verifier are made of. Pure. */
export interface VerifierParts {
  readonly contractName: string
  readonly circuit: string
  readonly development: boolean
  readonly localChainIds: readonly bigint[]
  readonly keyHash: string
  readonly scalarModulus: bigint
  readonly baseModulus: bigint
  /** Points in the order of the precompiles: G2 as x imaginary, x real, y imaginary, y real. */
  readonly alpha: readonly bigint[]
  readonly beta: readonly bigint[]
  readonly gamma: readonly bigint[]
  readonly delta: readonly bigint[]
  /** The constant's point, then one for each public signal. */
  readonly ic: readonly (readonly bigint[])[]
}

/** The named errors of every generated verifier, as ABI fragments in words. */
export const VERIFIER_ERRORS = [
  'error DevelopmentKeyOnForeignChain(uint256 chainId)',
  'error SignalNotInField(uint256 index, uint256 value)',
  'error CoordinateNotInField(uint256 index, uint256 value)',
  'error CurveOperationFailed()',
  'error BatchSizeOutOfRange(uint256 count, uint256 most)',
] as const

type ErrorName<Text extends string = (typeof VERIFIER_ERRORS)[number]> =
  Text extends `error ${infer Name}(${string}` ? Name : never

export const WORD = 32
/** A pair of the pairing precompile's input: a G1 point (2 words) and a G2 point (4 words). */
export const PAIR = 6 * WORD
/** Words of a proof: A, B, C. */
export const PROOF_WORDS = 8

/**
 * Functions for the head of an assembly block. No block sees another's, so each has a copy of this one text.
 */
export function sharedFunctions(): string {
  return `            function requireBelow(words, count, bound, selector) {
                for { let i := 0 } lt(i, count) { i := add(i, 1) } {
                    let value := calldataload(add(words, shl(5, i)))
                    if iszero(lt(value, bound)) {
                        let m := mload(0x40)
                        mstore(m, shl(224, selector))
                        mstore(add(m, 4), i)
                        mstore(add(m, 36), value)
                        revert(m, 68)
                    }
                }
            }
            function requireCurve(success) {
                if iszero(success) {
                    mstore(0, shl(224, ${selectorOf('CurveOperationFailed')}))
                    revert(0, 4)
                }
            }
            // The point at \`at\` becomes factor times itself; uses the word after it.
            function scale(at, factor) -> success {
                mstore(add(at, 64), factor)
                success := staticcall(gas(), 7, at, 96, at, 64)
            }
            // sum += factor * (x, y); uses the three words after sum.
            function addTerm(sum, x, y, factor) -> success {
                success := 1
                if factor {
                    let term := add(sum, 64)
                    mstore(term, x)
                    mstore(add(term, 32), y)
                    success := scale(term, factor)
                    success := and(staticcall(gas(), 6, sum, 128, sum, 64), success)
                }
            }
`
}

/** Statements that refuse signals and words of a proof at or above their moduli; given is where each begins in calldata. */
export function rangeChecks(parts: VerifierParts, proof: string, signals: string): string[] {
  const { ic, scalarModulus, baseModulus } = parts
  return [
    `requireBelow(${signals}, ${ic.length - 1}, ${scalarModulus}, ${selectorOf('SignalNotInField')})`,
    `requireBelow(${proof}, ${PROOF_WORDS}, ${baseModulus}, ${selectorOf('CoordinateNotInField')})`,
  ]
}

/** Statements that write the words one after the other from `offset` bytes behind the variable `base`. */
export function store(base: string, offset: number, words: readonly bigint[]): string {
  return words.map((word, i) => `            mstore(${place(base, offset + i * WORD)}, ${word})`).join('\n')
}

export function place(base: string, offset: number): string {
  return offset === 0 ? base : `add(${base}, ${offset})`
}

function selectorOf(name: ErrorName): string {
  return ErrorFragment.from(VERIFIER_ERRORS.find((text) => text.startsWith(`error ${name}(`))!).selector
}
