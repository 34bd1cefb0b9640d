import { type Check, checkProof, claimOf, factorsText } from '../../bundle/claim/check-proof.ts'
import { type ProofFile, parseProofFile } from '../../bundle/claim/proof-file.ts'
import { claimWords } from '../../bundle/claim/words.ts'
import { BatchVerifier, type RandomBytes } from '../../bundle/groth16/batch.ts'
import { bundleProofOf, keyHash, keyPointsOf } from '../../bundle/key-hash.ts'
import type { Hasher } from '../../protocol/poseidon.ts'
import { marginSignalsToArray } from '../../protocol/signals.ts'
import type { VerificationKey } from '../../prover/zkey.ts'
import { compareKeys, FOREIGN_KEY, isFailure } from './chain-keys.ts'
import { instantWords } from './instant.ts'
import type { ShownCheck, Verdict, VerifyProofJob } from './messages.ts'
import { recomputeRound } from './round.ts'

const TITLES: Readonly<Record<string, string>> = {
  key: 'It was made for this verification key',
  proof: 'The proof verifies',
  claim: 'It makes a claim about an account',
  labels: 'What the file says is what is proven',
  context: 'Whom it is good for',
  'risk root': 'The risk root, recomputed from raw market data',
  configuration: 'The margin parameters are those of the configuration',
}

/**
 * The checks of `tacit verify`, here: the pairing with the key that the service hands out, and the round from its raw market
 * data. Throws InputError for a file that is none.
 */
export async function verifyProofFile(
  hasher: Hasher,
  random: RandomBytes,
  job: VerifyProofJob,
): Promise<Omit<Verdict, 'milliseconds'>> {
  const key = job.key as VerificationKey
  const file = parseProofFile({ name: 'the proof', text: job.file })
  const round = job.round && recomputeRound(hasher, job.round)
  const recomputed = round && {
    riskRoot: round.matrix.root,
    parameters: round.matrix.parametersWord,
    configurationHash: round.configurationHash,
  }
  const holds = await pairingHolds(file, key, random)
  const checks: ShownCheck[] = checkProof(file, key, recomputed, () => holds).map(shown)
  if (round === undefined) {
    checks.push({
      title: TITLES['risk root']!,
      verdict: 'skipped',
      evidence: 'this service does not have the market data of the round: not recomputed',
    })
  }
  const isValid = !checks.some(isFailure)
  const keyChecks = compareKeys({ margin: keyHash(keyPointsOf(key)) }, job.chainKeys)
  const words =
    isValid && keyChecks.some(isFailure) ? FOREIGN_KEY : wordsOf(file, isValid, round !== undefined)
  return { ...words, checks: [...checks, ...keyChecks] }
}

/** A key that is none, or that anyone can forge proofs for, shows nothing. */
async function pairingHolds(file: ProofFile, key: VerificationKey, random: RandomBytes): Promise<boolean> {
  try {
    const verifier = await BatchVerifier.create(keyPointsOf(key), random)
    const statement = { signals: marginSignalsToArray(file.signals), proof: bundleProofOf(file.proof) }
    return verifier.failures([statement]).length === 0
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function shown({ name, ok, detail }: Check): ShownCheck {
  return { title: TITLES[name] ?? name, verdict: ok ? 'pass' : 'fail', evidence: detail }
}

function wordsOf(
  file: ProofFile,
  isValid: boolean,
  hasRound: boolean,
): Pick<Verdict, 'tone' | 'title' | 'words'> {
  if (!isValid) {
    return { tone: 'bad', title: 'Not valid', words: ['Nothing is proven by this file.'] }
  }
  const claim = claimOf(file)!
  const meaning =
    `Some account of this book, known by its tag alone, holds a portfolio whose ${claimWords(claim)} ` +
    `at the prices of ${instantWords(file.round.asOfSeconds)} (${factorsText(file)}). Nothing else about it is shown.`
  if (file.keys.kind !== 'production') {
    return {
      tone: 'warning',
      title: 'Valid, with development keys',
      words: [meaning, 'Anyone can forge proofs for these keys: rely on this for trying out only.'],
    }
  }
  if (!hasRound) return { tone: 'warning', title: 'Valid; its round was not recomputed', words: [meaning] }
  return { tone: 'good', title: 'Valid', words: [meaning] }
}
