/** The HTTP server: headers, limits, errors, metrics, routes, and the description of them. Boundary module: network. */
import { randomUUID } from 'node:crypto'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply } from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Logger as Pino } from 'pino'
import { ENDPOINTS } from './access.ts'
import type { ApiContext } from './context.ts'
import { answerBadAddress, answerErrors, answerMissing, answerUnreadable } from './errors.ts'
import { routeMaker } from './route.ts'
import { artefactRoutes } from './routes/artefacts.ts'
import { caseRoutes } from './routes/cases.ts'
import { chainRoutes } from './routes/chain.ts'
import { consoleRoutes } from './routes/console.ts'
import { eventRoutes } from './routes/events.ts'
import { jobRoutes } from './routes/jobs.ts'
import { bookRoutes, roundRoutes } from './routes/records.ts'
import { operatorRoutes, signInRoutes } from './routes/sign-in.ts'
import { systemRoutes } from './routes/system.ts'

export interface ServerOptions {
  readonly log: Pino
  /** Requests a minute from one address. */
  readonly perMinute: number
  /** Bytes of a body where an endpoint does not say otherwise. */
  readonly bodyLimit: number
  /** How many proxies stand before the service; zero: none. */
  readonly proxies: number
  /** The world sees it over TLS. */
  readonly isSecure: boolean
}

const DAY_SECONDS = 86_400

export async function buildServer(
  options: ServerOptions,
  context: Omit<ApiContext, 'route'>,
): Promise<FastifyInstance> {
  const { log, bodyLimit, proxies, isSecure, perMinute } = options
  const app: FastifyInstance = fastify({
    loggerInstance: log as FastifyBaseLogger,
    bodyLimit,
    trustProxy: proxies === 0 ? false : (_address: string, hop: number) => hop < proxies,
    genReqId: () => randomUUID(),
    // One line a request, with the route and never the address (see log.ts).
    logController: new fastify.LogController({ disableRequestLogging: true }),
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (_error, request, reply) => answerBadAddress(request, reply as FastifyReply),
    requestTimeout: 60_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  })
  // A form of another site can send text, but not JSON, without asking the browser's leave.
  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  answerErrors(app)
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    strictTransportSecurity: isSecure ? { maxAge: 365 * DAY_SECONDS } : false,
    referrerPolicy: { policy: 'no-referrer' },
  })
  await app.register(rateLimit, { global: true, max: perMinute, timeWindow: 60_000 })
  answerMissing(app)
  await app.register(swagger, { openapi: OPENAPI, transform: jsonSchemaTransform })
  measure(app, context)
  await app.register(async (scope) =>
    routes(scope, { ...context, route: routeMaker(scope, context.store.database) }),
  )
  await app.ready()
  return app
}

const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Tacit prover service',
    version: '1',
    description: 'Rounds, books, proofs of margin and of whole books. docs/service.md tells more.',
  },
  components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
} as const

function routes(app: FastifyInstance, context: ApiContext): void {
  systemRoutes(context)
  consoleRoutes(context)
  signInRoutes(context)
  operatorRoutes(context)
  roundRoutes(context)
  bookRoutes(context)
  jobRoutes(context)
  artefactRoutes(context)
  caseRoutes(context)
  chainRoutes(context)
  eventRoutes(context)
  const { method, path: url } = ENDPOINTS.openapi
  app.route({ method, url, schema: { hide: true }, handler: async () => app.swagger() })
}

function measure(app: FastifyInstance, { metrics }: Pick<ApiContext, 'metrics'>): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    const seconds = reply.elapsedTime / 1_000
    metrics.requests.inc({ route, method: request.method, status: reply.statusCode })
    metrics.seconds.observe({ route }, seconds)
    request.log.info(
      { route, method: request.method, status: reply.statusCode, seconds: Number(seconds.toFixed(4)) },
      'request',
    )
  })
  // What nobody may keep: everything but what is public and does not change is asked for anew.
  app.addHook('onSend', async (_request, reply) => {
    if (reply.getHeader('cache-control') === undefined) reply.header('cache-control', 'no-store')
  })
}
