/**
 * The prover pack: what a page needs to prove claims of one margin instance, in one file. Its first line is a JSON header;
 * the witness program and the proving key follow it, as they are.
 */
import { sha256 } from 'ethers'
import { z } from 'zod'
import { InputError } from '../../protocol/errors.ts'
import { MARGIN_INSTANCES, type MarginInstanceName } from '../../protocol/instances.ts'
import { validate } from '../../risk/market/json.ts'
import type { BundleKey } from '../records.ts'
import { parseStrictJson } from '../strict-json.ts'
import { PACK_FORMAT, PACK_VERSION } from './pack-format.ts'

/** The header with its line break. */
const MAX_HEADER_BYTES = 4_096
/** Four times what margin-64 takes. */
const MAX_PROGRAM_BYTES = 2 ** 24
const MAX_PROVING_KEY_BYTES = 2 ** 29
const LINE_BREAK = 0x0a

const partOf = (most: number) =>
  z.strictObject({
    bytes: z.int('must be a number of bytes').positive().max(most, `must be at most ${most}`),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'),
  })

const schema = z.strictObject({
  format: z.literal(PACK_FORMAT, `must be "${PACK_FORMAT}"`),
  version: z.literal(PACK_VERSION, `must be ${PACK_VERSION}: this reader knows no other version`),
  instance: z.enum(Object.keys(MARGIN_INSTANCES) as [MarginInstanceName, ...MarginInstanceName[]]),
  /** keccak-256 of the verification key, as bundles and verifier contracts carry it. */
  keyHash: z.string().regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 lower-case hex digits'),
  program: partOf(MAX_PROGRAM_BYTES),
  provingKey: partOf(MAX_PROVING_KEY_BYTES),
})

export type PackHeader = z.output<typeof schema>

/** A file from which bytes can be taken: never more of it than is asked for. */
export interface PackSource {
  readonly name: string
  readonly byteLength: number
  /** Exactly these bytes; both are within the file. */
  read(offset: number, length: number): Promise<Uint8Array>
}

export interface ProverPack {
  readonly program: Uint8Array
  readonly provingKey: Uint8Array
}

/** The header of a pack, with its line break; program and proving key are written after it. */
export function packHeaderLine(
  instance: MarginInstanceName,
  keyHash: string,
  { program, provingKey }: ProverPack,
): string {
  const part = (bytes: Uint8Array) => ({ bytes: bytes.length, sha256: hexOf(bytes) })
  const header: PackHeader = {
    format: PACK_FORMAT,
    version: PACK_VERSION,
    instance,
    keyHash,
    program: part(program),
    provingKey: part(provingKey),
  }
  return `${JSON.stringify(header)}\n`
}

/** @throws InputError for what is no pack, or not a whole one; nothing but its first bytes is read */
export async function readPackHeader(
  source: PackSource,
): Promise<{ readonly header: PackHeader; readonly headerBytes: number }> {
  const { name, byteLength } = source
  const start = await source.read(0, Math.min(MAX_HEADER_BYTES, byteLength))
  const end = start.indexOf(LINE_BREAK)
  if (end < 0) throw new InputError('is no prover pack: its first line is no header', { file: name })
  const header = validate(schema, strict(start.subarray(0, end), name), { file: name })
  const headerBytes = end + 1
  const whole = headerBytes + header.program.bytes + header.provingKey.bytes
  if (byteLength !== whole) {
    const rule = byteLength < whole ? 'is cut short' : 'has something after its end'
    throw new InputError(`${rule}: it has ${byteLength} bytes and must have ${whole}`, { file: name })
  }
  return { header, headerBytes }
}

/**
 * Whether a pack says that it is for the steps' key of a bundle; its parts are not read.
 * @throws InputError as openPack does, but for damaged parts
 */
export async function inspectPack(source: PackSource, key: BundleKey): Promise<void> {
  refuseForeign((await readPackHeader(source)).header, key, source.name)
}

/**
 * The parts of a pack for the steps' key of a bundle, each with the hash that it must have. The bundle names both the
 * verification key and the file of the proving key: a proving key that was tampered with could give proofs that verify and
 * yet tell what they should hide, so that its hash must be that very one.
 * @throws InputError saying why for a pack of another circuit or key, and for a damaged one
 */
export async function openPack(source: PackSource, key: BundleKey): Promise<ProverPack> {
  const { header, headerBytes } = await readPackHeader(source)
  refuseForeign(header, key, source.name)
  const program = await source.read(headerBytes, header.program.bytes)
  checkHash(program, header.program.sha256, 'witness program', source.name)
  const provingKey = await source.read(headerBytes + program.length, header.provingKey.bytes)
  checkHash(provingKey, header.provingKey.sha256, 'proving key', source.name)
  return { program, provingKey }
}

function refuseForeign({ instance, keyHash, provingKey }: PackHeader, key: BundleKey, file: string): void {
  if (instance !== key.circuit) {
    throw new InputError(`is a pack for ${instance}, and this bundle is of ${key.circuit}`, { file })
  }
  if (keyHash !== key.hash) {
    throw new InputError(`is a pack for the key ${keyHash}, and this bundle was proven with ${key.hash}`, {
      file,
    })
  }
  if (provingKey.sha256 !== key.setup.zkeyHash) {
    throw new InputError(
      `holds a proving key with the sha256 ${provingKey.sha256}, and the bundle names ${key.setup.zkeyHash}`,
      { file },
    )
  }
}

function checkHash(bytes: Uint8Array, expected: string, what: string, file: string): void {
  const actual = hexOf(bytes)
  if (actual === expected) return
  throw new InputError(`is damaged: its ${what} has the sha256 ${actual}, and must have ${expected}`, {
    file,
  })
}

function hexOf(bytes: Uint8Array): string {
  return sha256(bytes).slice(2)
}

function strict(line: Uint8Array, file: string): unknown {
  try {
    return parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(line))
  } catch (cause) {
    if (cause instanceof InputError) throw cause.at({ file })
    throw new InputError('is no prover pack: its first line is not UTF-8', { file }, { cause })
  }
}
