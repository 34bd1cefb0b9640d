/** The contributions that a proving key of a ceremony lists (section 10 of a zkey file). */
import { createHash } from 'node:crypto'
import { SetupError } from '../protocol/errors.ts'
import { readSections, section, viewOf } from './binary.ts'
import { readBinary } from './binary-file.ts'
import { uncompressed } from './points.ts'
import type { Group } from './workers/bn128.ts'

export interface Contribution {
  readonly kind: 'contribution' | 'beacon'
  readonly name: string
  /** blake2b-512 of what the contribution made public, hex; snarkjs shows the contributor the same. */
  readonly hash: string
  /** The beacon's value, hex, and its iterations as a power of two. */
  readonly beacon?: { readonly hash: string; readonly iterationsExponent: number }
}

export interface Contributions {
  /** Hash of the circuit and the powers of tau together, hex. */
  readonly circuitHash: string
  readonly contributions: readonly Contribution[]
}

const HASH_BYTES = 64

/** delta afterwards, s, s x in G1; s' x in G2 */
const POINTS: readonly Group[] = ['g1', 'g1', 'g1', 'g2']

/** @throws SetupError when the key is damaged or lists nothing readable */
export async function readContributions(zkeyPath: string): Promise<Contributions> {
  const sections = readSections(await readBinary(zkeyPath), 'zkey', zkeyPath)
  const body = section(sections, 10, zkeyPath)
  try {
    return parse(body)
  } catch (cause) {
    throw new SetupError(`${zkeyPath}: its list of contributions is damaged`, { cause })
  }
}

function parse(body: Uint8Array): Contributions {
  const view = viewOf(body)
  const count = view.getUint32(HASH_BYTES, true)
  const contributions: Contribution[] = []
  let at = HASH_BYTES + 4
  for (let i = 0; i < count; i++) {
    const hash = createHash('blake2b512')
    for (const group of POINTS) {
      const size = group === 'g1' ? 64 : 128
      hash.update(uncompressed(group, body.subarray(at, at + size)))
      at += size
    }
    hash.update(body.subarray(at, at + HASH_BYTES))
    const type = view.getUint32(at + HASH_BYTES, true)
    const length = view.getUint32(at + HASH_BYTES + 4, true)
    at += HASH_BYTES + 8
    if (at + length > body.length || type > 1) throw new RangeError(`contribution ${i + 1}`)
    contributions.push({
      kind: type === 1 ? 'beacon' : 'contribution',
      hash: hash.digest('hex'),
      ...parseParameters(body.subarray(at, at + length)),
    })
    at += length
  }
  if (at !== body.length) throw new RangeError(`${body.length - at} bytes too many`)
  return { circuitHash: Buffer.from(body.subarray(0, HASH_BYTES)).toString('hex'), contributions }
}

/** 1: name, 2: iterations, 3: beacon; names and beacons have their length before them. */
function parseParameters(bytes: Uint8Array): Pick<Contribution, 'name' | 'beacon'> {
  let name = ''
  let iterationsExponent = 0
  let beacon: string | undefined
  for (let at = 0; at < bytes.length; ) {
    const [type, value] = [bytes[at]!, bytes[at + 1]!]
    const text = bytes.subarray(at + 2, at + 2 + value)
    if (type === 1) name = new TextDecoder().decode(text)
    else if (type === 2) iterationsExponent = value
    else if (type === 3) beacon = Buffer.from(text).toString('hex')
    else throw new RangeError(`parameter ${type}`)
    at += type === 2 ? 2 : 2 + value
  }
  return beacon === undefined ? { name } : { name, beacon: { hash: beacon, iterationsExponent } }
}
