import { type ErrorCode, TacitError } from '../protocol/errors.ts'

/** What the process says to the shell. */
export const EXIT = {
  done: 0,
  no: 1,
  input: 2,
  chain: 3,
  setup: 4,
  /** A bundle that is valid for keys that anyone can forge proofs for. */
  developmentKeys: 5,
  /** A bundle that is valid for keys of which the user named none. */
  unknownKeys: 6,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The end of every help text. */
export const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  the answer is no: a false claim, an invalid proof, a failed check
  2  bad input or usage
  3  the chain refused, or it or a market source did not answer
  4  keys, circuit or a tool failed
  5  a bundle is valid, but its keys are development keys: anyone could have forged it
  6  a bundle is valid for its own keys, and you named none that you trust
An interrupted run ends with 128 and the signal's number (Ctrl-C: 130).`

const CODES: Readonly<Record<ErrorCode, ExitCode>> = {
  INPUT_INVALID: EXIT.input,
  OUT_OF_RANGE: EXIT.input,
  WITNESS_INVALID: EXIT.no,
  PROOF_INVALID: EXIT.no,
  SETUP_INVALID: EXIT.setup,
  SETUP_REFUSED: EXIT.setup,
  CHAIN_REJECTED: EXIT.chain,
  CHAIN_UNAVAILABLE: EXIT.chain,
  SOURCE_UNAVAILABLE: EXIT.chain,
  TOOL_FAILED: EXIT.setup,
}

const ADVICE: Readonly<Record<ErrorCode, string>> = {
  INPUT_INVALID: 'Correct the input and run again; nothing was written.',
  OUT_OF_RANGE: 'Correct the input and run again; nothing was written.',
  WITNESS_INVALID: 'No proof of this exists. "tacit margin --account NAME" shows where the account stands.',
  PROOF_INVALID: 'Do not rely on this proof; ask for a new one.',
  SETUP_INVALID: 'Make the keys again ("tacit setup"), or name the right folder.',
  SETUP_REFUSED: 'Use keys of a public ceremony ("tacit ceremony --help").',
  CHAIN_REJECTED: "Nothing was recorded; the reason is the contract's own.",
  CHAIN_UNAVAILABLE: 'Check that the chain is running, and try again.',
  SOURCE_UNAVAILABLE: 'Check its address and that it is running, and try again.',
  TOOL_FAILED: 'Set TACIT_DEBUG=1 to see the whole failure.',
}

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof TacitError ? CODES[error.code] : EXIT.setup
}

export function adviceFor(error: unknown): string {
  return error instanceof TacitError
    ? ADVICE[error.code]
    : 'This is a fault of Tacit itself. Set TACIT_DEBUG=1 to see where, and report it.'
}
