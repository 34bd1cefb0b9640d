/** Every refusal in one shape: a code, a sentence, which fields and why. */
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { InputError, OutOfRangeError, SetupError } from '../../protocol/errors.ts'
import { REFUSALS, Refusal, type RefusalReason } from '../refusal.ts'
import { DatabaseAway } from '../storage/database-away.ts'
import type { ErrorBody } from './schemas.ts'

interface Answer {
  readonly status: number
  readonly code: string
  readonly fields: { field: string; rule: string }[]
}

/** What is refused before any route is found: an address that cannot be read. Goes round the handlers below. */
export function answerBadAddress(request: FastifyRequest, reply: FastifyReply): void {
  const rule = 'is no address: it cannot be decoded, or a part of it is too long'
  void reply.code(400).send(bodyOf(refusal('INPUT_INVALID', 'path', rule), request.id))
}

/** What cannot be read as a request at all, and so never reaches a route. */
export function answerUnreadable({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, answer } = unreadable(code)
  const body = JSON.stringify(bodyOf(answer, randomUUID()))
  socket.end(
    [
      `HTTP/1.1 ${status}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'cache-control: no-store',
      'x-content-type-options: nosniff',
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  )
}

function unreadable(code: string | undefined): { readonly status: string; readonly answer: Answer } {
  if (code === 'HPE_HEADER_OVERFLOW')
    return {
      status: '431 Request Header Fields Too Large',
      answer: refusal('TOO_LARGE', 'headers', 'have more than 16 KiB in all'),
    }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return {
      status: '408 Request Timeout',
      answer: refusal('INPUT_INVALID', 'request', 'was not whole in time'),
    }
  return { status: '400 Bad Request', answer: refusal('INPUT_INVALID', 'request', 'is no valid HTTP') }
}

export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const answer = answerOf(error)
    if (answer.status >= 500) request.log.error({ err: error }, 'request failed')
    return reply.code(answer.status).send(bodyOf(answer, request.id))
  })
}

/** After the limit of requests is known to the server: what is not there is asked for under the same limit. */
export function answerMissing(app: FastifyInstance): void {
  const nothing = refusal('NOT_FOUND', 'path', 'there is nothing at this path, or not for this method')
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) =>
    reply.code(404).send(bodyOf(nothing, request.id)),
  )
}

function bodyOf({ code, fields }: Answer, requestId: string): ErrorBody {
  const message =
    fields.length === 0
      ? 'a fault of the service itself; it is in its logs under this request id'
      : fields.map(({ field, rule }) => `${field}: ${rule}`).join('; ')
  return { error: { code, message, fields, requestId } }
}

function refusal(reason: RefusalReason, field: string, rule: string): Answer {
  return { status: REFUSALS[reason], code: reason, fields: [{ field, rule }] }
}

function answerOf(error: FastifyError): Answer {
  if (hasZodFastifySchemaValidationErrors(error)) return invalid(error)
  if (error instanceof Refusal) return refusal(error.reason, error.location.field ?? 'request', error.rule)
  if (error instanceof DatabaseAway)
    return refusal('UNAVAILABLE', 'database', 'does not answer for now: ask again')
  if (error instanceof InputError) return refusal('INPUT_INVALID', placeOf(error), error.rule)
  if (error instanceof OutOfRangeError)
    return refusal('INPUT_INVALID', 'body', 'a number is out of the range of the format')
  if (error instanceof SetupError && error.code === 'SETUP_REFUSED') {
    return refusal('INPUT_INVALID', 'context.chainId', error.message)
  }
  return ofFastify(error)
}

interface Invalid {
  readonly validation: readonly { instancePath: string; message?: string | undefined }[]
  readonly validationContext?: string | undefined
}

function invalid(error: Invalid): Answer {
  const fields = error.validation.slice(0, 20).map(({ instancePath, message }) => ({
    field: [error.validationContext ?? 'request', ...instancePath.split('/').filter((part) => part !== '')]
      .join('.')
      .slice(0, 200),
    rule: (message ?? 'is not allowed').slice(0, 300),
  }))
  return { status: 400, code: 'INPUT_INVALID', fields }
}

function placeOf({ location: { file, row, field } }: InputError): string {
  const parts = [file, row === undefined ? undefined : `row ${row}`, field]
  return parts.filter((part) => part !== undefined).join(', ') || 'body'
}

/** What the framework itself refuses. */
function ofFastify(error: FastifyError): Answer {
  const status = error.statusCode ?? 500
  if (status === 413) return refusal('TOO_LARGE', 'body', 'is larger than this endpoint takes')
  if (status === 415) return refusal('UNSUPPORTED_MEDIA_TYPE', 'content-type', 'must be application/json')
  if (status === 429)
    return refusal(
      'RATE_LIMITED',
      'requests',
      'too many in a minute from this address; retry-after says when',
    )
  if (status >= 400 && status < 500)
    return refusal('INPUT_INVALID', 'body', 'is no valid JSON, or is missing')
  return { status: 500, code: 'INTERNAL', fields: [] }
}
