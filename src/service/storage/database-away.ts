import { ToolError } from '../../protocol/errors.ts'

/** The database does not answer for now: whoever asked may ask again. Never the fault of what was asked. */
export class DatabaseAway extends ToolError {
  constructor(cause: unknown) {
    super('the database does not answer', { cause })
  }
}

/** Of the network, and of a PostgreSQL server that starts, stops or has lost its connection (class 08, 57P). */
const CODES = /^(ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH|08|57P0)/
const MESSAGES =
  /Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect/

export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as NodeJS.ErrnoException
  return (typeof code === 'string' && CODES.test(code)) || MESSAGES.test(error.message)
}
