import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { getBytes, hexlify, keccak256 } from 'ethers'
import { makeTailTable } from '../fixed-point/normal-table.ts'

/**
 * What the judges of challenges compute with and is too large for their code: the table of the normal distribution and
 * the constants of Poseidon for 16, 8 and 4 inputs. They stand one after another in contracts that are nothing but
 * data. Boundary module: reads circomlibjs's constants from its package.
 */

/** State elements: inputs and the capacity. A leaf and a top hash take 16 inputs, a node 8, the root 4. */
export const POSEIDON_WIDTHS = [17, 9, 5] as const
export type PoseidonWidth = (typeof POSEIDON_WIDTHS)[number]
export const FULL_ROUNDS = 8

/** A contract holds 24,576 bytes; the first says STOP, so that nobody can run the rest. Whole words only. */
const PART_BYTES = 24_544
const WORD_BYTES = 32
const TAIL_BYTES = 8

export interface OracleTables {
  /** All of them, one after another. */
  readonly bytes: Uint8Array
  readonly hash: string
  readonly normal: TablePlace
  readonly poseidon: Readonly<Record<PoseidonWidth, TablePlace & { readonly partialRounds: number }>>
}

export interface TablePlace {
  readonly offset: number
  readonly length: number
}

interface OptimisedConstants {
  /** By width from 2 on. */
  readonly C: readonly (readonly string[])[]
  readonly M: readonly (readonly (readonly string[])[])[]
  readonly P: readonly (readonly (readonly string[])[])[]
  readonly S: readonly (readonly string[])[]
}

let shared: OracleTables | undefined

/** The same bytes on every machine; made once per process. */
export function oracleTables(): OracleTables {
  shared ??= makeTables()
  return shared
}

/** Creation code of each data contract, in order. */
export function tableContracts(): string[] {
  const { bytes } = oracleTables()
  const codes: string[] = []
  for (let from = 0; from < bytes.length; from += PART_BYTES) {
    codes.push(dataContract(bytes.subarray(from, from + PART_BYTES)))
  }
  return codes
}

export const TABLE_PART_BYTES = PART_BYTES

function makeTables(): OracleTables {
  const constants = readConstants()
  const pieces: Uint8Array[] = []
  let offset = 0
  const place = (piece: Uint8Array): TablePlace => {
    const at = { offset, length: piece.length }
    pieces.push(piece)
    offset += piece.length
    return at
  }
  const normal = place(normalTable())
  const poseidon = Object.fromEntries(
    POSEIDON_WIDTHS.map((width) => [
      width,
      { ...place(poseidonTable(constants, width)), partialRounds: partialRounds(constants, width) },
    ]),
  ) as OracleTables['poseidon']
  const bytes = new Uint8Array(offset)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return { bytes, hash: keccak256(bytes), normal, poseidon }
}

/** Rows of nine int64, padded to whole words at the end. */
function normalTable(): Uint8Array {
  const values = makeTailTable().flat()
  const bytes = new Uint8Array(Math.ceil((values.length * TAIL_BYTES) / WORD_BYTES) * WORD_BYTES)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of values.entries()) {
    if (BigInt.asIntN(64, value) !== value) throw new RangeError('a coefficient does not fit in 64 bits')
    view.setBigInt64(index * TAIL_BYTES, value)
  }
  return bytes
}

/** Round constants, the dense matrix, the pre-sparse one (rows as they are multiplied), the sparse ones. */
function poseidonTable({ C, M, P, S }: OptimisedConstants, width: PoseidonWidth): Uint8Array {
  const index = width - 2
  const transposed = (matrix: readonly (readonly string[])[]) =>
    matrix.flatMap((_, row) => matrix.map((column) => column[row]!))
  const words = [...C[index]!, ...transposed(M[index]!), ...transposed(P[index]!), ...S[index]!]
  return getBytes(`0x${words.map((word) => BigInt(word).toString(16).padStart(64, '0')).join('')}`)
}

function partialRounds({ C }: OptimisedConstants, width: PoseidonWidth): number {
  return C[width - 2]!.length - FULL_ROUNDS * width
}

function dataContract(data: Uint8Array): string {
  const length = (data.length + 1).toString(16).padStart(4, '0')
  // PUSH2 length, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN: what follows becomes the code.
  return `0x61${length}80600a3d393df300${hexlify(data).slice(2)}`
}

function readConstants(): OptimisedConstants {
  const entry = createRequire(import.meta.url).resolve('circomlibjs')
  const path = join(dirname(entry), '..', 'src', 'poseidon_constants_opt.json')
  return JSON.parse(readFileSync(path, 'utf8')) as OptimisedConstants
}
