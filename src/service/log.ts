/**
 * Structured logs. Nothing private is ever handed to them, and what might be is taken out: no body, no header that
 * authenticates, and of an error its name, code and place in the code, but never its message.
 */
import { type LoggerOptions, type Logger as Pino, pino } from 'pino'
import { TacitError } from '../protocol/errors.ts'
import type { LogLevel } from './config.ts'

export type Logger = Pick<Pino, 'info' | 'warn' | 'error' | 'debug'>

export interface LogSink {
  write(line: string): void
}

/** @param sink where lines go; standard output unless given */
export function newLogger(level: LogLevel, sink?: LogSink): Pino {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: ['*.authorization', '*.cookie', 'headers', '*.headers', 'body', '*.body'],
      remove: true,
    },
    serializers: {
      err: errorOf,
      req: requestOf,
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
    },
  }
  return sink === undefined ? pino(options) : pino(options, sink)
}

interface LoggedRequest {
  readonly method: string
  readonly routeOptions?: { readonly url?: string }
}

/** The route, not the address: an address may hold anything. */
function requestOf({ method, routeOptions }: LoggedRequest) {
  return { method, route: routeOptions?.url ?? 'unknown' }
}

/** What errorOf made of an error in another thread. */
export class LoggedError {
  readonly parts: object
  constructor(parts: object) {
    this.parts = parts
  }
}

/** Messages of databases quote rows, and messages of refusals quote input: frames of the stack say enough. */
export function errorOf(error: unknown): object {
  if (error instanceof LoggedError) return error.parts
  if (!(error instanceof Error)) return { type: typeof error }
  const code = error instanceof TacitError ? error.code : (error as NodeJS.ErrnoException).code
  // A line of a message may look like a frame.
  const frames = (error.stack ?? '')
    .replace(error.message, '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
  return {
    type: error.name,
    code: typeof code === 'string' ? code : undefined,
    at: frames.slice(0, 8).map((line) => line.trim()),
  }
}
