import {
  PAIR,
  place,
  rangeChecks,
  sharedFunctions,
  store,
  VERIFIER_ERRORS,
  type VerifierParts,
  WORD,
} from './verifier-assembly.ts'
import { MAX_BATCH, verifyBatchFunction } from './verifier-batch-template.ts'

/** Offset of the sum of the signals' points in the pairing input: in the third of its four pairs. */
const SUM_AT = 2 * PAIR

/** The Solidity text of a Groth16 verifier. Pure; generate-verifier.ts checks the key and fills it in. */
export function verifierSource(parts: VerifierParts): string {
  const signals = parts.ic.length - 1
  return `/**
 * @title Groth16 verifier of ${parts.circuit}
 * @notice ${signals} public signals. ${
   parts.development
     ? 'DEVELOPMENT KEY: its trapdoor is public and anyone can forge; it lives on local chains only.'
     : 'Key of a public ceremony.'
 }
 * @dev Returns false for well-formed proofs that do not hold, and reverts for anything malformed: a signal or coordinate
 * that is not below its modulus, a point off its curve, a B outside the subgroup that is paired (the pairing precompile
 * refuses both; A and C are in theirs by being on the curve, which has no other). A signal that is zero costs nothing:
 * its term is the point at infinity.
 */
contract ${parts.contractName} {
    /// A proof (A.x, A.y, B.x imaginary, B.x real, B.y imaginary, B.y real, C.x, C.y) with what it proves.
    struct Proven {
        uint256[8] proof;
        uint256[${signals}] signals;
    }

    bool public constant DEVELOPMENT_KEY = ${parts.development};
    bytes32 public constant VERIFICATION_KEY_HASH = ${parts.keyHash};
    string public constant CIRCUIT = "${parts.circuit}";
    uint256 public constant MAX_BATCH = ${MAX_BATCH};

${VERIFIER_ERRORS.map((error) => `    ${error};`).join('\n')}

    constructor() {
        if (DEVELOPMENT_KEY && ${parts.localChainIds.map((chain) => `block.chainid != ${chain}`).join(' && ')}) {
            revert DevelopmentKeyOnForeignChain(block.chainid);
        }
    }

${verifyFunction(parts, signals)}
${verifyBatchFunction(parts)}}
`
}

function verifyFunction(parts: VerifierParts, signals: number): string {
  const terms = parts.ic
    .slice(1)
    .map(
      ([x, y], i) =>
        `            requireCurve(addTerm(sum, ${x}, ${y}, calldataload(${place('signals', i * WORD)})))`,
    )
  return `    /// @param proof A.x, A.y, B.x imaginary, B.x real, B.y imaginary, B.y real, C.x, C.y
    function verify(uint256[8] calldata proof, uint256[${signals}] calldata signals) external view returns (bool valid) {
        assembly ("memory-safe") {
${sharedFunctions()}
            ${rangeChecks(parts, 'proof', 'signals').join('\n            ')}

            // The four pairs stand one after the other at free memory, which is given back on return.
            let input := mload(0x40)
            let sum := add(input, ${SUM_AT})
${store('sum', 0, parts.ic[0]!)}
${terms.join('\n')}

            // e(-A, B) * e(alpha, beta) * e(sum, gamma) * e(C, delta) = 1
            calldatacopy(input, proof, ${PAIR})
            // A.y of zero is either infinity or off the curve, and the precompile tells which.
            mstore(add(input, 32), mod(sub(${parts.baseModulus}, calldataload(add(proof, 32))), ${parts.baseModulus}))
${store('input', PAIR, [...parts.alpha, ...parts.beta])}
${store('input', SUM_AT + 2 * WORD, parts.gamma)}
            calldatacopy(add(input, ${3 * PAIR}), add(proof, ${PAIR}), 64)
${store('input', 3 * PAIR + 2 * WORD, parts.delta)}
            requireCurve(staticcall(gas(), 8, input, ${4 * PAIR}, 0, 32))
            valid := mload(0)
        }
    }
`
}
