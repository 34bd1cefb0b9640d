import { sha256, toUtf8Bytes } from 'ethers'
import { MARGIN_SIGNALS } from '../../protocol/signals.ts'
import { SEAL_SIGNALS } from '../../protocol/solvency.ts'
import { SEAL_CIRCUIT } from '../circuits.ts'
import { unsafeKey } from '../groth16/batch.ts'
import { keyHash } from '../key-hash.ts'
import type { BundleHeader, BundleKey, KeyRole, KeySetup } from '../records.ts'
import { type CheckList, type Finding, fail, pass, skipped } from './check.ts'

/** The key of a circuit that the reader of a bundle already trusts, by its hash. */
export interface PinnedKey {
  /** As the verifier contract and `tacit setup` show it: 0x and 64 lower-case hex digits. */
  readonly hash: string
  /** Where it is from, for the report. */
  readonly source: string
  /** The circuit that it is trusted for; any when not told. */
  readonly circuit?: string
  /** How the reader's own key was made; what the bundle says of it must be the same. Unknown when not told. */
  readonly made?: { readonly kind: KeySetup['kind']; readonly zkeyHash: string }
}

const SIGNALS: Readonly<Record<KeyRole, readonly string[]>> = { step: MARGIN_SIGNALS, seal: SEAL_SIGNALS }

export async function checkKeys(
  checks: CheckList,
  header: BundleHeader,
  keys: readonly BundleKey[],
  pins: readonly PinnedKey[],
): Promise<void> {
  const faults = new Map<KeyRole, string>()
  for (const key of keys) {
    const fault = await unsafeKey(key.points)
    if (fault !== undefined) faults.set(key.role, fault)
  }
  checks.run('keys', () => checkSound(header, keys, faults))
  checks.run('setup', () => checkSetups(keys))
  checks.run('pins', () => checkPins(keys, pins))
}

function checkSound(
  header: BundleHeader,
  keys: readonly BundleKey[],
  faults: ReadonlyMap<KeyRole, string>,
): Finding {
  const circuits: Readonly<Record<KeyRole, string>> = { step: header.instance, seal: SEAL_CIRCUIT }
  if (keys.map(({ role }) => role).join() !== 'step,seal')
    return fail('a bundle has one key for steps, then one for the seal')
  for (const { role, circuit, points, hash } of keys) {
    const fault = faults.get(role)
    if (fault !== undefined) return fail(`the ${role} key is unsafe: ${fault}`)
    if (circuit !== circuits[role])
      return fail(`the ${role} key is of ${circuit}, and must be of ${circuits[role]}`)
    const signals = SIGNALS[role].length
    if (points.ic.length !== signals + 1) {
      return fail(
        `the ${role} key takes ${points.ic.length - 1} public signals, and ${circuit} has ${signals}`,
      )
    }
    const actual = keyHash(points)
    if (actual !== hash) return fail(`the ${role} key has the hash ${actual}, and the bundle says ${hash}`)
  }
  return pass(keys.map(({ circuit, hash }) => `${circuit} ${hash}`).join('; '))
}

function checkSetups(keys: readonly BundleKey[]): Finding {
  for (const { role, setup } of keys) {
    const fault = setup.kind === 'development' ? undefined : ceremonyFault(setup)
    if (fault !== undefined) return fail(`the ceremony of the ${role} key: ${fault}`)
  }
  return pass(keys.map(({ circuit, setup }) => `${circuit}: ${setupWords(setup)}`).join('; '))
}

function ceremonyFault(setup: Exclude<KeySetup, { kind: 'development' }>): string | undefined {
  const { contributions } = setup
  const beacons = contributions.filter(({ kind }) => kind === 'beacon').length
  if (contributions.length - beacons < 1) return 'nobody contributed'
  if (beacons !== 1 || contributions.at(-1)!.kind !== 'beacon') return 'it does not end with its one beacon'
  if (contributions.some(({ kind, beacon }) => (kind === 'beacon') !== (beacon !== null))) {
    return 'a beacon lacks its value, or something else has one'
  }
  const actual = sha256(toUtf8Bytes(transcriptText(setup))).slice(2)
  return actual === setup.transcriptHash
    ? undefined
    : `its transcript has the sha256 ${actual}, not ${setup.transcriptHash}`
}

/** The transcript's file, as the ceremony wrote it. */
export function transcriptText(setup: Exclude<KeySetup, { kind: 'development' }>): string {
  const { kind, r1csHash, zkeyHash, powersOfTau, circuitHash } = setup
  const transcript = {
    kind,
    r1csHash,
    zkeyHash,
    powersOfTau: { file: powersOfTau.file, hash: powersOfTau.hash, power: powersOfTau.power },
    circuitHash,
    contributions: setup.contributions.map((contribution) => ({
      kind: contribution.kind,
      hash: contribution.hash,
      name: contribution.name,
      ...(contribution.beacon === null
        ? {}
        : {
            beacon: {
              hash: contribution.beacon.hash,
              iterationsExponent: contribution.beacon.iterationsExponent,
            },
          }),
    })),
  }
  return `${JSON.stringify(transcript, null, 2)}\n`
}

export function setupWords(setup: KeySetup): string {
  if (setup.kind === 'development') {
    return `DEVELOPMENT KEY from the public seed "${setup.seed}": anyone can forge its proofs`
  }
  const people = setup.contributions.length - 1
  const ceremony = `${people} contribution${people === 1 ? '' : 's'} and a beacon over ${setup.powersOfTau.file}`
  return setup.kind === 'test'
    ? `TEST KEY: ${ceremony}, powers of tau that nobody else knows; its proofs prove nothing to others`
    : `${ceremony}; transcript ${setup.transcriptHash}`
}

/** A bundle brings its keys along; only its reader can say whether they are those of Tacit's circuits. */
function checkPins(keys: readonly BundleKey[], pins: readonly PinnedKey[]): Finding {
  if (pins.length === 0) {
    return skipped('you named no keys: whether these are keys of the circuits that they name was not checked')
  }
  const sources: string[] = []
  for (const { role, circuit, hash, setup } of keys) {
    const pin = pins.find(
      (candidate) => candidate.hash === hash && (candidate.circuit ?? circuit) === circuit,
    )
    if (pin === undefined)
      return fail(`the ${role} key ${hash} of ${circuit} is none of those that you named`)
    const lie = pin.made && otherwiseMade(setup, pin.made)
    if (lie !== undefined) return fail(`the ${role} key of ${circuit}: ${lie} (${pin.source})`)
    sources.push(`${circuit}: ${pin.source}`)
  }
  return pass(sources.join('; '))
}

/** A bundle that calls a key one of a ceremony would otherwise be believed by a reader whose own record says what it is. */
function otherwiseMade(
  setup: Pick<KeySetup, 'kind' | 'zkeyHash'>,
  made: NonNullable<PinnedKey['made']>,
): string | undefined {
  if (setup.kind !== made.kind)
    return `the bundle calls it a ${setup.kind} key, and yours is a ${made.kind} key`
  if (setup.zkeyHash !== made.zkeyHash)
    return `the bundle names the proving key ${setup.zkeyHash}, and yours is ${made.zkeyHash}`
  return undefined
}
