import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ConsoleFile } from '../../console-files.ts'
import { Refusal } from '../../refusal.ts'
import type { ApiContext } from '../context.ts'
import { ConsoleFileName } from '../schemas.ts'

const YEAR_SECONDS = 31_536_000

/**
 * What the console's page may do: its own scripts, style and worker, its own service, WebAssembly; nothing from anywhere
 * else, no code from texts, no markup from texts (trusted types; the one policy names the worker's file).
 */
export const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types tacit',
].join('; ')

/** The console: static files with headers of their own. A service without one answers that it has none. */
export function consoleRoutes({ route, console }: ApiContext): void {
  const missing = (field: string, rule: string) => new Refusal('NOT_FOUND', field, rule)
  route('console', { produces: 'text/html' }, async ({ request, reply }) => {
    if (console === undefined) throw missing('path', 'this service was started without a console')
    return sendFile(request, reply, console.page)
  })
  route('consoleFile', { params: ConsoleFileName, produces: 'text/javascript' }, async (call) => {
    const file = console?.files.get(call.params.file)
    if (file === undefined) throw missing('file', 'the console has no such file: load the page again')
    return sendFile(call.request, call.reply, file)
  })
}

function sendFile({ headers }: FastifyRequest, reply: FastifyReply, file: ConsoleFile): FastifyReply {
  reply.header('content-security-policy', CONSOLE_POLICY)
  reply.header('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()')
  reply.header('cache-control', file.immutable ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache')
  reply.header('vary', 'accept-encoding')
  // Weak where the encoding may differ: the bytes do, the contents do not.
  reply.header('etag', `W/${file.etag}`)
  if (headers['if-none-match']?.split(/,\s*/).some((tag) => tag.replace(/^W\//, '') === file.etag)) {
    return reply.code(304).send()
  }
  reply.type(file.type)
  const isZipped = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))
  if (isZipped) reply.header('content-encoding', 'gzip')
  return reply.send(isZipped ? file.gzip : file.body)
}
