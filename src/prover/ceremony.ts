/**
 * The production ceremony, around snarkjs: a published powers-of-tau file, phase-2 contributions from people who
 * do not trust each other, a public beacon at the end, and a transcript that anyone can check again. Boundary
 * module: reads and writes files, and ends snarkjs' threads after every step.
 */
import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as snarkjs from 'snarkjs'
import { InputError, SetupError, TacitError } from '../protocol/errors.ts'
import { KEY_FILES, writeVerificationKey } from './artifacts.ts'
import { hashFile } from './cache.ts'
import { type Contribution, readContributions } from './contributions.ts'
import { checkPowersOfTau, powerOf } from './powers-of-tau.ts'
import { type Provenance, sha256, writeProvenance } from './provenance.ts'
import { domainPower, readR1cs } from './r1cs.ts'
import { closeSnarkjs } from './snarkjs-threads.ts'
import { readZkey, refuseUnsafeKey, verificationKeyOf } from './zkey.ts'

export interface CeremonySources {
  readonly r1csPath: string
  readonly powersOfTauPath: string
  /**
   * The blake2b-512 of a powers-of-tau file that is not a published one, for tests. What comes of it is marked
   * "test" and is refused wherever development keys are.
   */
  readonly allowedHash?: string | undefined
}

export interface Transcript {
  readonly kind: 'production' | 'test'
  readonly r1csHash: string
  readonly zkeyHash: string
  readonly powersOfTau: { readonly file: string; readonly hash: string; readonly power: number }
  readonly circuitHash: string
  /** In order; the last is the beacon. */
  readonly contributions: readonly Contribution[]
}

export const TRANSCRIPT_FILE = 'transcript.json'

/** snarkjs runs 2^exponent hashes from the beacon to the key; it takes no fewer than 2^10. */
const ITERATIONS = { least: 10, greatest: 40 }

/**
 * The key that the first contributor starts from.
 * @throws SetupError when the powers of tau are not published ones, or are too few for the circuit
 */
export async function ceremonyNew(request: CeremonySources & { readonly zkeyPath: string }): Promise<void> {
  await checkSources(request)
  await write(request.zkeyPath, async (draft, log) => {
    const { r1csPath, powersOfTauPath } = request
    if ((await snarkjs.zKey.newZKey(r1csPath, powersOfTauPath, draft, log)) === -1) throw failure('new', log)
  })
}

export interface ContributionRequest {
  readonly before: string
  readonly after: string
  /** Who contributes, 1 to 64 characters; it stands in the transcript. */
  readonly name: string
}

/**
 * Adds a contribution and forgets its secret. Fresh randomness of the system always goes in.
 * @param request.entropy anything more that the contributor wants to put in
 * @returns the contribution's hash, hex, for the contributor to publish
 */
export async function ceremonyContribute(
  request: ContributionRequest & { readonly entropy?: string | undefined },
): Promise<string> {
  await checkOpen(request)
  const entropy = `${randomBytes(64).toString('hex')}${request.entropy ?? ''}`
  return write(request.after, async (draft, log) => {
    const hash = await snarkjs.zKey.contribute(request.before, draft, request.name, entropy, log)
    return Buffer.from(hash).toString('hex')
  })
}

/**
 * Ends the contributions with a public random value that nobody knew when the last of them was made.
 * @param request.beaconHash the value, an even number of hex digits, at least 32 bytes
 * @param request.iterationsExponent 10 to 40: that power of two of hashes stand between the value and the key
 */
export async function ceremonyBeacon(
  request: ContributionRequest & { readonly beaconHash: string; readonly iterationsExponent: number },
): Promise<string> {
  const { beaconHash, iterationsExponent } = request
  if (!/^([0-9a-f]{2}){32,255}$/.test(beaconHash)) {
    throw new InputError('is not 32 to 255 bytes in lower-case hex', { field: 'beacon' })
  }
  const { least, greatest } = ITERATIONS
  if (!Number.isInteger(iterationsExponent) || iterationsExponent < least || iterationsExponent > greatest) {
    throw new InputError(`is not an integer from ${least} to ${greatest}`, { field: 'iterations' })
  }
  await checkOpen(request)
  return write(request.after, async (draft, log) => {
    const { before, name } = request
    const hash = await snarkjs.zKey.beacon(before, draft, name, beaconHash, iterationsExponent, log)
    if (!hash) throw failure('beacon', log)
    return Buffer.from(hash).toString('hex')
  })
}

/**
 * Checks a finished key from the ground up: powers of tau, constraints, every contribution, the beacon.
 * @returns the transcript to publish
 * @throws SetupError saying which of these does not hold
 */
export async function ceremonyVerify(
  request: CeremonySources & { readonly zkeyPath: string },
): Promise<Transcript> {
  const { r1csPath, zkeyPath } = request
  const { r1cs, powersOfTau } = await checkSources(request)
  refuseUnsafeKey(await readZkey(zkeyPath))
  const { circuitHash, contributions } = await readContributions(zkeyPath)
  checkOrder(contributions)
  const log = new Log()
  const sound = await withSnarkjs(log, 'verify', () =>
    snarkjs.zKey.verifyFromR1cs(r1csPath, request.powersOfTauPath, zkeyPath, log),
  )
  if (!sound) throw failure('verify', log)
  return {
    kind: powersOfTau.published ? 'production' : 'test',
    r1csHash: r1cs.hash,
    zkeyHash: await hashFile(zkeyPath),
    powersOfTau: { file: powersOfTau.file, hash: powersOfTau.hash, power: powersOfTau.power },
    circuitHash,
    contributions,
  }
}

/**
 * Verifies a finished key and lays out the folder that `circuitArtifacts` takes as `keyFolder`: proving key,
 * verification key, provenance and transcript. Nothing appears unless all of it does.
 */
export async function ceremonyFinish(
  request: CeremonySources & { readonly zkeyPath: string; readonly folder: string },
): Promise<{ readonly transcript: Transcript; readonly provenance: Provenance }> {
  const transcript = await ceremonyVerify(request)
  const text = `${JSON.stringify(transcript, null, 2)}\n`
  const provenance: Provenance = {
    kind: transcript.kind,
    r1csHash: transcript.r1csHash,
    zkeyHash: transcript.zkeyHash,
    powersOfTau: { file: transcript.powersOfTau.file, hash: transcript.powersOfTau.hash },
    transcriptHash: sha256(text),
  }
  const draft = `${request.folder}.draft-${process.pid}`
  await mkdir(draft, { recursive: true })
  try {
    await copyFile(request.zkeyPath, join(draft, KEY_FILES.zkey))
    await writeVerificationKey(draft, verificationKeyOf(await readZkey(request.zkeyPath)))
    await writeFile(join(draft, TRANSCRIPT_FILE), text)
    await writeProvenance(join(draft, KEY_FILES.provenance), provenance)
    await rename(draft, request.folder)
  } catch (cause) {
    throw new SetupError(`${request.folder} could not be written; it must not exist yet`, { cause })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return { transcript, provenance }
}

async function checkSources(sources: CeremonySources) {
  const r1cs = await readR1cs(sources.r1csPath)
  const power = await powerOf(sources.powersOfTauPath)
  const needed = domainPower(r1cs)
  if (power < needed) {
    throw new SetupError(`${sources.powersOfTauPath} is of power ${power}; this circuit needs ${needed}`)
  }
  return { r1cs, powersOfTau: await checkPowersOfTau(sources.powersOfTauPath, power, sources.allowedHash) }
}

/** A key that ends with a beacon is finished: whatever follows would make the beacon worthless. */
async function checkOpen({ before, name }: ContributionRequest): Promise<void> {
  if (name.length < 1 || name.length > 64)
    throw new InputError('has not 1 to 64 characters', { field: 'name' })
  const { contributions } = await readContributions(before)
  if (contributions.some(({ kind }) => kind === 'beacon')) {
    throw new SetupError(`${before} ends with a beacon: the ceremony is over`)
  }
}

function checkOrder(contributions: readonly Contribution[]): void {
  const refuse = (why: string) => new SetupError(`this ceremony is incomplete: ${why}`, { refused: true })
  const beacons = contributions.filter(({ kind }) => kind === 'beacon').length
  if (contributions.length - beacons < 1) throw refuse('nobody contributed')
  if (beacons !== 1) throw refuse(`it has ${beacons} beacons and must have one`)
  if (contributions.at(-1)!.kind !== 'beacon') throw refuse('its beacon is not last')
}

/** What snarkjs says, kept for the case that it fails without an exception. */
class Log {
  readonly errors: string[] = []
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(message: string): void {
    this.errors.push(message)
  }
}

function failure(step: string, log: Log): SetupError {
  return new SetupError(
    `ceremony ${step} failed: ${log.errors.join('; ') || 'the key is not what it should be'}`,
  )
}

/** Runs a step of snarkjs and ends its threads, which would keep the process alive. */
async function withSnarkjs<T>(log: Log, step: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof TacitError) throw cause
    const said = [...log.errors, cause instanceof Error ? cause.message : String(cause)].join('; ')
    throw new SetupError(`ceremony ${step} failed: ${said}`, { cause })
  } finally {
    await closeSnarkjs()
  }
}

/** Lets a step write beside the target and moves the result there only when it succeeded. */
async function write<T>(target: string, work: (draft: string, log: Log) => Promise<T>): Promise<T> {
  const draft = `${target}.draft-${process.pid}`
  const log = new Log()
  await mkdir(dirname(target), { recursive: true })
  try {
    const result = await withSnarkjs(log, 'step', () => work(draft, log))
    await rename(draft, target)
    return result
  } finally {
    await rm(draft, { force: true })
  }
}
