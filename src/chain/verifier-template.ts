/** The Solidity text of a Groth16 verifier. Pure; generate-verifier.ts checks the key and fills it in. */
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
] as const

const WORD = 32
/** Offsets in the pairing input: four pairs of a G1 point (2 words) and a G2 point (4 words). */
const PAIR = 6 * WORD
const SUM_AT = 2 * PAIR

export function verifierSource(parts: VerifierParts): string {
  const signals = parts.ic.length - 1
  return `/**
 * @title Groth16 verifier of ${parts.circuit}
 * @notice ${signals} public signals. ${
   parts.development
     ? 'DEVELOPMENT KEY: its trapdoor is public and anyone can forge; it lives on local chains only.'
     : 'Key of a public ceremony.'
 }
 * @dev Returns false for a well-formed proof that does not hold, and reverts for anything malformed. A signal that is
 * zero costs nothing: its term is the point at infinity.
 */
contract ${parts.contractName} {
    bool public constant DEVELOPMENT_KEY = ${parts.development};
    bytes32 public constant VERIFICATION_KEY_HASH = ${parts.keyHash};
    string public constant CIRCUIT = "${parts.circuit}";

${VERIFIER_ERRORS.map((error) => `    ${error};`).join('\n')}

    constructor() {
        if (DEVELOPMENT_KEY && ${parts.localChainIds.map((chain) => `block.chainid != ${chain}`).join(' && ')}) {
            revert DevelopmentKeyOnForeignChain(block.chainid);
        }
    }

${verifyFunction(parts, signals)}}
`
}

function verifyFunction(parts: VerifierParts, signals: number): string {
  const terms = parts.ic
    .slice(1)
    .map(([x, y], i) => `            addTerm(sum, ${x}, ${y}, calldataload(add(signals, ${i * WORD})))`)
  return `    /// @param proof A.x, A.y, B.x imaginary, B.x real, B.y imaginary, B.y real, C.x, C.y
    function verify(uint256[8] calldata proof, uint256[${signals}] calldata signals) external view returns (bool valid) {
        bytes4 signalError = SignalNotInField.selector;
        bytes4 coordinateError = CoordinateNotInField.selector;
        bytes4 curveError = CurveOperationFailed.selector;
        assembly ("memory-safe") {
            function requireBelow(words, count, bound, selector) {
                for { let i := 0 } lt(i, count) { i := add(i, 1) } {
                    let value := calldataload(add(words, shl(5, i)))
                    if iszero(lt(value, bound)) {
                        let m := mload(0x40)
                        mstore(m, selector)
                        mstore(add(m, 4), i)
                        mstore(add(m, 36), value)
                        revert(m, 68)
                    }
                }
            }
            function require_(success, selector) {
                if iszero(success) {
                    mstore(0, selector)
                    revert(0, 4)
                }
            }
            // sum += factor * (x, y); uses the three words after sum.
            function addTerm(sum, x, y, factor) -> success {
                success := 1
                if factor {
                    let term := add(sum, 64)
                    mstore(term, x)
                    mstore(add(term, 32), y)
                    mstore(add(term, 64), factor)
                    success := staticcall(gas(), 7, term, 96, term, 64)
                    success := and(staticcall(gas(), 6, sum, 128, sum, 64), success)
                }
            }

            requireBelow(signals, ${signals}, ${parts.scalarModulus}, signalError)
            requireBelow(proof, 8, ${parts.baseModulus}, coordinateError)

            // The four pairs stand one after the other at free memory, which is given back on return.
            let input := mload(0x40)
            let sum := add(input, ${SUM_AT})
${store('sum', 0, parts.ic[0]!)}
${terms.map((term) => term.replace('addTerm', 'require_(addTerm').concat(', curveError)')).join('\n')}

            // e(-A, B) * e(alpha, beta) * e(sum, gamma) * e(C, delta) = 1
            calldatacopy(input, proof, ${PAIR})
            // A.y of zero is either infinity or off the curve, and the precompile tells which.
            mstore(add(input, 32), mod(sub(${parts.baseModulus}, calldataload(add(proof, 32))), ${parts.baseModulus}))
${store('input', PAIR, [...parts.alpha, ...parts.beta])}
${store('input', SUM_AT + 2 * WORD, parts.gamma)}
            calldatacopy(add(input, ${3 * PAIR}), add(proof, ${PAIR}), 64)
${store('input', 3 * PAIR + 2 * WORD, parts.delta)}
            require_(staticcall(gas(), 8, input, ${4 * PAIR}, 0, 32), curveError)
            valid := mload(0)
        }
    }
`
}

function store(base: string, offset: number, words: readonly bigint[]): string {
  return words.map((word, i) => `            mstore(${place(base, offset + i * WORD)}, ${word})`).join('\n')
}

function place(base: string, offset: number): string {
  return offset === 0 ? base : `add(${base}, ${offset})`
}
