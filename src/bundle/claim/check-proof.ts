import { type Claim, decodeClaim } from '../../protocol/claims.ts'
import { unpackMarginParameters } from '../../protocol/parameters.ts'
import { marginSignalsToArray } from '../../protocol/signals.ts'
import { verifyProof } from '../../prover/verify.ts'
import type { VerificationKey } from '../../prover/zkey.ts'
import { keyHash, keyPointsOf } from '../key-hash.ts'
import { contextSignal } from './context.ts'
import type { ProofFile } from './proof-file.ts'
import { claimWords } from './words.ts'

/** One question asked of a proof file, and its answer in words. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/** What a verifier recomputed from a market of its own. */
export interface RecomputedRound {
  readonly riskRoot: bigint
  readonly parameters: bigint
  readonly configurationHash: string
}

/** Whether the pairing holds for a file's signals: browsers have a module of their own for it. */
export type PairingHolds = (file: ProofFile, key: VerificationKey) => boolean

const pairingHere: PairingHolds = (file, key) =>
  verifyProof(key, marginSignalsToArray(file.signals), file.proof)

/** Every check of a proof file against a key, and against a recomputed round where there is one. Pure. */
export function checkProof(
  file: ProofFile,
  key: VerificationKey,
  round?: RecomputedRound,
  holds: PairingHolds = pairingHere,
): Check[] {
  return [
    checkKey(file, key),
    checkPairing(holds(file, key)),
    checkClaim(file),
    checkLabels(file),
    checkContext(file),
    ...(round === undefined ? [] : checkRound(file, round)),
  ]
}

/** The claim that the signals make; undefined when they make none. */
export function claimOf({ signals }: ProofFile): Claim | undefined {
  try {
    return decodeClaim(signals.claim)
  } catch {
    return undefined
  }
}

/** The factors behind the thresholds; undefined for a word that no oracle admits. */
export function factorsText({ signals }: ProofFile): string | undefined {
  try {
    const { mmFactorBps, imFactorBps, softShareBps } = unpackMarginParameters(signals.parameters)
    const percent = (bps: bigint) => `${Number(bps) / 100}%`
    return `MM ${percent(mmFactorBps)} and IM ${percent(imFactorBps)} of the worst case, SOFT ${percent(softShareBps)} between`
  } catch {
    return undefined
  }
}

function checkKey(file: ProofFile, key: VerificationKey): Check {
  const hash = keyHash(keyPointsOf(key))
  const ok = hash === file.verificationKeyHash
  return {
    name: 'key',
    ok,
    detail: ok
      ? `made for this key, ${hash}`
      : `made for the key ${file.verificationKeyHash}, not for ${hash}`,
  }
}

function checkPairing(ok: boolean): Check {
  return {
    name: 'proof',
    ok,
    detail: ok ? 'it verifies for exactly these signals' : 'it does NOT verify for these signals',
  }
}

function checkClaim(file: ProofFile): Check {
  const { signals } = file
  const claim = claimOf(file)
  const name = 'claim'
  if (claim === undefined) return { name, ok: false, detail: 'the signals make no claim about an account' }
  if (signals.tag === 0n) return { name, ok: false, detail: 'the signals name no account tag' }
  if (signals.chainIn !== 0n || signals.chainOut !== 0n) {
    return { name, ok: false, detail: 'this is a step of a solvency chain, not a claim about an account' }
  }
  if (factorsText(file) === undefined) {
    return { name, ok: false, detail: 'its parameters are none that an oracle admits' }
  }
  return { name, ok: true, detail: claimWords(claim) }
}

/** What the file says beside its signals must be what the signals say. */
function checkLabels({ signals, round, book, statement, ...file }: ProofFile): Check {
  const claim = claimOf({ signals, round, book, statement, ...file })
  const wrong = [
    round.riskRoot === signals.riskRoot ? undefined : 'risk root',
    round.parameters === signals.parameters ? undefined : 'parameters',
    book.root === signals.bookRoot ? undefined : 'book root',
    claim !== undefined && statement === claimWords(claim) ? undefined : 'statement',
  ].filter((label) => label !== undefined)
  return {
    name: 'labels',
    ok: wrong.length === 0,
    detail:
      wrong.length === 0
        ? 'what the file says is what the signals say'
        : `the file says something else than its signals: ${wrong.join(', ')}`,
  }
}

function checkContext(file: ProofFile): Check {
  const { context } = file
  const ok = contextSignal(context ?? undefined) === file.signals.context
  const name = 'context'
  if (!ok)
    return { name, ok, detail: 'the context signal is not that of the chain, contract and beneficiary named' }
  if (context === null) return { name, ok, detail: 'offline: no contract takes this proof' }
  return {
    name,
    ok,
    detail: `good for ${context.beneficiary} at contract ${context.attestor} on chain ${context.chainId} only`,
  }
}

function checkRound({ signals, round }: ProofFile, recomputed: RecomputedRound): Check[] {
  const rootOk = recomputed.riskRoot === signals.riskRoot
  const configurationOk =
    recomputed.parameters === signals.parameters && recomputed.configurationHash === round.configurationHash
  return [
    {
      name: 'risk root',
      ok: rootOk,
      detail: rootOk
        ? 'recomputed from the market: it is the same'
        : 'recomputed from the market: it is ANOTHER root (other market, configuration or instance)',
    },
    {
      name: 'configuration',
      ok: configurationOk,
      detail: configurationOk ? 'it is the one given' : 'it is ANOTHER than the one given',
    },
  ]
}
