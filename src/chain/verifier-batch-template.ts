import { id } from 'ethers'
import {
  PAIR,
  PROOF_WORDS,
  place,
  rangeChecks,
  sharedFunctions,
  store,
  type VerifierParts,
  WORD,
} from './verifier-assembly.ts'

/**
 * The Solidity text of a verifier's second function: several proofs of one key in one product of pairings. Pure.
 *
 * Proof i holds when e(A_i, B_i) = e(alpha, beta) e(X_i, gamma) e(C_i, delta), X_i being the point of its signals. The
 * function checks the product of all these equations, each to the power of a challenge r_i. What depends on the key
 * alone is paired once: N + 3 pairs in place of 4 N, and one multiplication for each signal in place of N. Why that is
 * sound: docs/circuits.md.
 */

/** Sets the hash of a batch apart from every other keccak-256 in use. */
export const BATCH_DOMAIN = 'tacit.batch.challenge.v1'
/**
 * Most proofs in a batch. Soundness needs no limit, a transaction does: this many attestations take 3.3 million gas, and
 * twice as many would save less than four in a hundred of it.
 */
export const MAX_BATCH = 32

export function verifyBatchFunction(parts: VerifierParts): string {
  const signals = parts.ic.length - 1
  return `    /**
     * @notice Whether all proofs of a batch hold, by one product of pairings. False says that at least one does not.
     * @dev prod e(-r_i A_i, B_i) * e(sum r_i alpha, beta) * e(sum r_i X_i, gamma) * e(sum r_i C_i, delta) = 1, where X_i is
     * the point of the signals of proof i and the challenges r_i are drawn from everything else in it.
     */
    function verifyBatch(Proven[] calldata batch) external view returns (bool valid) {
        if (batch.length == 0 || batch.length > MAX_BATCH) revert BatchSizeOutOfRange(batch.length, MAX_BATCH);
        assembly ("memory-safe") {
${sharedFunctions()}
${batchFunctions(parts, signals)}
            // At free memory: the challenges, a pair of each proof, and the three pairs of the key.
            let challenges := mload(0x40)
            let pairs := add(challenges, shl(5, batch.length))
            let keyPairs := add(pairs, mul(batch.length, ${PAIR}))
            let total := drawChallenges(challenges, batch.offset, batch.length)
${proofPairs(signals)}
${keyPairs(parts)}
            requireCurve(staticcall(gas(), 8, pairs, mul(add(batch.length, 3), ${PAIR}), 0, 32))
            valid := mload(0)
        }
    }
`
}

/** From the head of one Proven to the head of the next, bytes. */
function strideOf(signals: number): number {
  return (PROOF_WORDS + signals) * WORD
}

function batchFunctions(parts: VerifierParts, signals: number): string {
  const { scalarModulus, keyHash } = parts
  return `            // From the key, the number of proofs, and every word of every proof and signal, laid out where the pairs
            // will stand. Returns the sum of the challenges.
            function drawChallenges(challenges, words, count) -> total {
                let transcript := add(challenges, shl(5, count))
                let size := mul(count, ${strideOf(signals)})
                mstore(transcript, ${id(BATCH_DOMAIN)})
                mstore(add(transcript, 32), ${keyHash})
                mstore(add(transcript, 64), count)
                calldatacopy(add(transcript, 96), words, size)
                mstore(0, keccak256(transcript, add(size, 96)))
                for { let i := 0 } lt(i, count) { i := add(i, 1) } {
                    mstore(32, i)
                    let challenge := mod(keccak256(0, 64), ${scalarModulus})
                    mstore(add(challenges, shl(5, i)), challenge)
                    total := addmod(total, challenge, ${scalarModulus})
                }
            }
            // The sum of challenge times signal, over the signal at this place in every statement.
            function weigh(challenges, signal, count) -> total {
                for { let end := add(challenges, shl(5, count)) } lt(challenges, end) { challenges := add(challenges, 32) } {
                    total := addmod(total, mulmod(mload(challenges), calldataload(signal), ${scalarModulus}), ${scalarModulus})
                    signal := add(signal, ${strideOf(signals)})
                }
            }
            // Writes the pair (-challenge * A, B), and adds challenge * C to the sum.
            function addProof(pair, sum, proof, challenge) {
                ${rangeChecks(parts, 'proof', place('proof', PROOF_WORDS * WORD)).join('\n                ')}
                calldatacopy(pair, proof, 64)
                requireCurve(scale(pair, sub(${scalarModulus}, challenge)))
                calldatacopy(add(pair, 64), add(proof, 64), 128)
                requireCurve(addTerm(sum, calldataload(add(proof, 192)), calldataload(add(proof, 224)), challenge))
            }`
}

function proofPairs(signals: number): string {
  return `
            // One pair for each proof; meanwhile C adds up, and goes against delta.
            let sumC := ${place('keyPairs', 2 * PAIR)}
            mstore(sumC, 0)
            mstore(add(sumC, 32), 0)
            for { let i := 0 } lt(i, batch.length) { i := add(i, 1) } {
                addProof(
                    add(pairs, mul(i, ${PAIR})),
                    sumC,
                    add(batch.offset, mul(i, ${strideOf(signals)})),
                    mload(add(challenges, shl(5, i)))
                )
            }`
}

/** alpha, X and C, each with its challenges summed up, against the key's points of G2. */
function keyPairs(parts: VerifierParts): string {
  const terms = parts.ic.slice(1).map(([x, y], i) => {
    const signal = place('batch.offset', (PROOF_WORDS + i) * WORD)
    return `            requireCurve(addTerm(sumX, ${x}, ${y}, weigh(challenges, ${signal}, batch.length)))`
  })
  return `${store('sumC', 2 * WORD, parts.delta)}

            // The points of the signals, against gamma.
            let sumX := ${place('keyPairs', PAIR)}
${store('sumX', 0, parts.ic[0]!)}
            requireCurve(scale(sumX, total))
${terms.join('\n')}
${store('sumX', 2 * WORD, parts.gamma)}

            // alpha against beta.
${store('keyPairs', 0, parts.alpha)}
            requireCurve(scale(keyPairs, total))
${store('keyPairs', 2 * WORD, parts.beta)}`
}
