import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { InputError } from '../protocol/errors.ts'
import type { Aggregator } from './aggregator.ts'
import { messageSchema, proposalJson, type Receipt, readMessage, verdictSchema } from './desk.ts'
import { DESK_PATHS } from './http-desk.ts'
import { reportJson } from './report-json.ts'

/**
 * An aggregator's desk over HTTP. Whoever writes must have signed as a listed feeder; nothing else is taken, and nothing that is
 * read is secret. Boundary module: network.
 */
export interface DeskServerOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Bytes of a body: a content of 920 strikes has about 52,000. */
  readonly bodyLimit: number
  /** Requests a minute from one address. */
  readonly perMinute: number
}

export const DEFAULT_DESK_SERVER: DeskServerOptions = {
  host: '127.0.0.1',
  port: 8_790,
  bodyLimit: 1_048_576,
  perMinute: 600,
}

export interface DeskServer {
  readonly url: string
  close(): Promise<void>
}

export async function serveDesk(
  aggregator: Aggregator,
  options: Partial<DeskServerOptions> = {},
): Promise<DeskServer> {
  const { host, port, bodyLimit, perMinute } = { ...DEFAULT_DESK_SERVER, ...options }
  const app = fastify({ bodyLimit, requestTimeout: 30_000, forceCloseConnections: true })
  app.removeContentTypeParser('text/plain')
  await app.register(rateLimit, { global: true, max: perMinute, timeWindow: 60_000 })
  routes(app, aggregator)
  const address = await app.listen({ host, port })
  return { url: address, close: () => app.close() }
}

function routes(app: FastifyInstance, aggregator: Aggregator): void {
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof InputError) return reply.status(400).send(refused(error.message))
    const { statusCode = 500, message } = error as { statusCode?: number; message: string }
    // What failed inside is no business of a stranger.
    return reply.status(statusCode).send(refused(statusCode < 500 ? message : 'the aggregator failed'))
  })
  app.setNotFoundHandler((_request, reply) => reply.status(404).send(refused('there is nothing here')))
  app.post(DESK_PATHS.contents, async (request, reply) =>
    answer(reply, await aggregator.takeContent(readMessage(messageSchema, request.body))),
  )
  app.post(DESK_PATHS.verdicts, async (request, reply) =>
    answer(reply, await aggregator.takeVerdict(readMessage(verdictSchema, request.body))),
  )
  app.get(DESK_PATHS.proposal, async (_request, reply) => {
    const proposal = await aggregator.proposal()
    if (proposal === undefined) return reply.status(404).send(refused('no round is proposed'))
    return proposalJson(proposal)
  })
  app.get(DESK_PATHS.status, async () => reportJson(aggregator.report))
}

function answer(reply: FastifyReply, receipt: Receipt): FastifyReply {
  return reply.status(receipt.taken ? 200 : 409).send(receipt)
}

function refused(rule: string): Receipt {
  return { taken: false, rule: rule.slice(0, 2_000) }
}
