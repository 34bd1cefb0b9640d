/**
 * What a worker thread can be asked to do. Large inputs and outputs are views of shared memory, so a message
 * carries addresses and not data. Field elements are 32 bytes, little-endian; "Montgomery" means times 2^256.
 */
import type { Group } from './bn128.ts'

/** Multiples of the group's generator, by windowed tables. */
export interface FixedBaseJob {
  readonly kind: 'fixed-base'
  readonly group: Group
  /** n plain scalars below the field modulus. */
  readonly scalars: Uint8Array
  /** n affine points, Montgomery coordinates. */
  readonly points: Uint8Array
  /** Table window in bits, in [2, 14]. */
  readonly windowBits: number
}

/** One window of a multi-exponentiation: the answer is sum(digit_i * base_i), a Jacobian point. */
export interface WindowJob {
  readonly kind: 'window'
  readonly group: Group
  readonly bases: Uint8Array
  /** As many plain 32-byte scalars as there are bases. */
  readonly scalars: Uint8Array
  readonly firstBit: number
  /** Width of the window, in [1, 16]. */
  readonly bits: number
  /** The digit is what the window shows, less 2^(bits-1) when signed. */
  readonly signed: boolean
}

/** Rows [first, first + rows) of A w, B w and their product, from zkey coefficient records and the witness. */
export interface RowsJob {
  readonly kind: 'rows'
  /** 44-byte records (matrix, row, signal, value * 2^512), only those of these rows. */
  readonly coefficients: Uint8Array
  readonly witness: Uint8Array
  readonly first: number
  /** Views of exactly these rows. */
  readonly a: Uint8Array
  readonly b: Uint8Array
  readonly c: Uint8Array
}

/** Turns values on the domain into values on its odd coset, in place. */
export interface CosetJob {
  readonly kind: 'coset'
  readonly values: Uint8Array
  /** Generator of the coset, Montgomery. */
  readonly shift: Uint8Array
}

/** out = a * b - c, from Montgomery to plain. */
export interface JoinJob {
  readonly kind: 'join'
  readonly a: Uint8Array
  readonly b: Uint8Array
  readonly c: Uint8Array
  readonly out: Uint8Array
}

/** The five secrets of a setup, each in [1, field modulus). */
export interface ToxicWaste {
  readonly tau: bigint
  readonly alpha: bigint
  readonly beta: bigint
  readonly gamma: bigint
  readonly delta: bigint
}

/** What some rows of the constraints add to the polynomials of each signal at tau. */
export interface SetupSumsJob {
  readonly kind: 'setup-sums'
  /** These rows, as the constraint section of an r1cs file has them. */
  readonly rows: Uint32Array
  readonly firstRow: number
  readonly rowCount: number
  readonly signalCount: number
  /** Rows "signal * 0 = 0" that follow, for signals 0 ... extraRows - 1. */
  readonly extraRows: number
  /** The domain has 2^power places. */
  readonly power: number
  readonly waste: ToxicWaste
  /** Room for the 44-byte records of A and B as a zkey file has them, exactly. */
  readonly coefficients: Uint32Array
}

/** Plain values, 32 bytes per signal. */
export interface SetupSums {
  readonly a: Uint8Array
  readonly b: Uint8Array
  readonly c: Uint8Array
}

/** From the sums of all rows, part by part, to the scalars of the key's points. */
export interface SetupScalarsJob {
  readonly kind: 'setup-scalars'
  readonly parts: readonly SetupSums[]
  readonly signalCount: number
  readonly publicCount: number
  readonly waste: ToxicWaste
}

/** A_i(tau), B_i(tau), and (beta A_i + alpha B_i + C_i)(tau) over gamma (public) or delta, per signal. */
export type SetupScalars = SetupSums

/** The Lagrange basis of the doubled domain's odd half at tau, over delta. */
export interface SetupQuotientJob {
  readonly kind: 'setup-quotient'
  readonly power: number
  readonly waste: ToxicWaste
}

/** A w * B w - C w for every constraint of an r1cs; the answer lists the rows where it is not zero. */
export interface CheckJob {
  readonly kind: 'check'
  readonly constraints: Uint8Array
  readonly constraintCount: number
  readonly witness: Uint8Array
}

export interface JobResults {
  'fixed-base': undefined
  window: Uint8Array
  rows: undefined
  coset: undefined
  join: undefined
  'setup-sums': SetupSums
  'setup-scalars': SetupScalars
  'setup-quotient': Uint8Array
  check: Uint32Array
}

export type Job =
  | FixedBaseJob
  | WindowJob
  | RowsJob
  | CosetJob
  | JoinJob
  | SetupSumsJob
  | SetupScalarsJob
  | SetupQuotientJob
  | CheckJob

export type Request = { readonly id: number; readonly job: Job }
export type Reply =
  | { readonly id: number; readonly result: JobResults[Job['kind']] }
  | { readonly id: number; readonly error: string }
