/**
 * The one error tree. Every error that leaves a Tacit function is a TacitError: a code that a program can
 * switch on, a message that says what is wrong and what to do about it, and the cause where there is one.
 */
export type ErrorCode =
  | 'INPUT_INVALID'
  | 'OUT_OF_RANGE'
  | 'WITNESS_INVALID'
  | 'PROOF_INVALID'
  | 'SETUP_INVALID'
  | 'SETUP_REFUSED'
  | 'CHAIN_REJECTED'
  | 'CHAIN_UNAVAILABLE'
  | 'SOURCE_UNAVAILABLE'
  | 'TOOL_FAILED'

export class TacitError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    this.name = new.target.name
  }
}

/** Where a piece of refused input stands, so that its author can find it. Row numbers start at 1. */
export interface InputLocation {
  readonly file?: string | undefined
  readonly row?: number | undefined
  readonly field?: string | undefined
}

/** Input refused at the edge: names the file, the row, the field and the rule that was broken. */
export class InputError extends TacitError {
  readonly location: InputLocation
  readonly rule: string
  constructor(rule: string, location: InputLocation = {}, options?: { cause?: unknown }) {
    const where = [
      location.file,
      location.row === undefined ? undefined : `row ${location.row}`,
      location.field === undefined ? undefined : `field "${location.field}"`,
    ].filter((part) => part !== undefined)
    super('INPUT_INVALID', where.length === 0 ? rule : `${where.join(', ')}: ${rule}`, options)
    this.location = location
    this.rule = rule
  }

  /** The same refusal, told from further out: fills in what the thrower could not know. */
  at(location: InputLocation): InputError {
    return new InputError(
      this.rule,
      { ...location, ...definedOnly(this.location) },
      { cause: this.cause ?? this },
    )
  }
}

/** A number outside the one range that TypeScript, Circom and Solidity share for it. */
export class OutOfRangeError extends TacitError {
  constructor(what: string, value: bigint | number, rule: string) {
    super('OUT_OF_RANGE', `${what} is ${value}: ${rule}`)
  }
}

/** A witness input that no valid proof could have; raised before any proving starts. */
export class WitnessError extends TacitError {
  /** The account slot at fault, when the fault lies in one. */
  readonly slot: number | undefined
  constructor(message: string, options?: { slot?: number; cause?: unknown }) {
    super(
      'WITNESS_INVALID',
      options?.slot === undefined ? message : `slot ${options.slot}: ${message}`,
      options,
    )
    this.slot = options?.slot
  }
}

export class ProofError extends TacitError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('PROOF_INVALID', message, options)
  }
}

/** A proving key, ceremony file or circuit build that is damaged, foreign or not allowed here. */
export class SetupError extends TacitError {
  constructor(message: string, options?: { cause?: unknown; refused?: boolean }) {
    super(options?.refused ? 'SETUP_REFUSED' : 'SETUP_INVALID', message, options)
  }
}

/** The chain refused a transaction (with the contract's own rule) or could not be reached. */
export class ChainError extends TacitError {
  /** The contract's named error, e.g. `StaleRound`, when it gave one. */
  readonly rule: string | undefined
  constructor(message: string, options?: { cause?: unknown; rule?: string; unavailable?: boolean }) {
    super(options?.unavailable ? 'CHAIN_UNAVAILABLE' : 'CHAIN_REJECTED', message, options)
    this.rule = options?.rule
  }
}

/** A market source, or another program that is reached over the network, did not answer, or with nothing that can be read. */
export class SourceError extends TacitError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('SOURCE_UNAVAILABLE', message, options)
  }
}

/** An external program (compiler, local chain, native prover) failed. */
export class ToolError extends TacitError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('TOOL_FAILED', message, options)
  }
}

function definedOnly(location: InputLocation): InputLocation {
  return Object.fromEntries(Object.entries(location).filter(([, value]) => value !== undefined))
}
