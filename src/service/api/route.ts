/** Routes, made from the table of access and the schemas: nothing is served that is not in both. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { NOBODY, type Principal, principalOf, type Role } from '../auth/principal.ts'
import { Refusal } from '../refusal.ts'
import type { Database } from '../storage/database.ts'
import { ENDPOINTS, type Endpoint, type EndpointId } from './access.ts'
import { ErrorBody } from './schemas.ts'

export interface RouteSchemas {
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  readonly headers?: z.ZodType
  readonly body?: z.ZodType
  /** By status; a status without a schema is sent as it is. */
  readonly answers?: Readonly<Record<number, z.ZodType>>
  /** Of an answer that is no JSON. */
  readonly produces?: string
}

type Part<S extends RouteSchemas, K extends keyof RouteSchemas> = S[K] extends z.ZodType
  ? z.output<S[K]>
  : undefined

export interface Call<S extends RouteSchemas> {
  readonly params: Part<S, 'params'>
  readonly query: Part<S, 'query'>
  readonly headers: Part<S, 'headers'>
  readonly body: Part<S, 'body'>
  readonly principal: Principal
  readonly reply: FastifyReply
  readonly request: FastifyRequest
}

export interface RouteOptions {
  /** Bytes; the server's own limit unless given. */
  readonly bodyLimit?: number
  /** Requests a minute from one address; the server's own limit unless given. */
  readonly perMinute?: number
}

export type RouteMaker = <S extends RouteSchemas>(
  id: EndpointId,
  schemas: S,
  handler: (call: Call<S>) => Promise<unknown>,
  options?: RouteOptions,
) => void

const principals = new WeakMap<FastifyRequest, Principal>()

export function routeMaker(app: FastifyInstance, database: Database): RouteMaker {
  return (id, schemas, handler, options = {}) => {
    const endpoint: Endpoint = ENDPOINTS[id]
    const { method, path, roles } = endpoint
    const { perMinute, bodyLimit } = options
    app.route({
      method,
      url: path,
      schema: documented(id, endpoint, schemas),
      ...(bodyLimit === undefined ? {} : { bodyLimit }),
      config: perMinute === undefined ? {} : { rateLimit: { max: perMinute } },
      // Before the body is read: who may not ask costs no work. After the limit of requests, which guesses of tokens count for too.
      preParsing: async (request) => {
        principals.set(request, await admit(database, roles, request.headers.authorization))
      },
      handler: (request, reply) =>
        handler({
          params: request.params,
          query: request.query,
          headers: request.headers,
          body: request.body,
          principal: principals.get(request) ?? NOBODY,
          reply,
          request,
        } as never),
    })
  }
}

/**
 * Whoever sends a token must be who the token says, even where nobody needs to be anybody. Throws Refusal.
 */
async function admit(
  database: Database,
  roles: readonly Role[],
  header: string | undefined,
): Promise<Principal> {
  const field = 'authorization'
  let principal = NOBODY
  if (header !== undefined) {
    const token = /^Bearer ([A-Za-z0-9_-]{1,200})$/i.exec(header)?.[1]
    const found = token === undefined ? undefined : await principalOf(database, token, Date.now())
    if (found === undefined) throw new Refusal('UNAUTHENTICATED', field, 'is no valid token, or not any more')
    principal = found
  }
  if (roles.some((role) => principal.roles.includes(role))) return principal
  const who = roles.join(' or ')
  if (header === undefined)
    throw new Refusal('UNAUTHENTICATED', field, `must be "Bearer" and a token of ${who}`)
  throw new Refusal('FORBIDDEN', field, `this token is not of ${who}`)
}

function documented(id: EndpointId, { summary, roles }: Endpoint, schemas: RouteSchemas) {
  const { params, query, headers, body, answers = {}, produces } = schemas
  const open = (roles as readonly string[]).includes('public')
  return {
    operationId: id,
    summary,
    description: `For: ${roles.join(', ')}.`,
    security: open ? [] : [{ bearer: [] }],
    ...(produces === undefined ? {} : { produces: [produces] }),
    ...(params && { params }),
    ...(query && { querystring: query }),
    ...(headers && { headers }),
    ...(body && { body }),
    response: {
      ...answers,
      '4xx': ErrorBody,
      '5xx': ErrorBody,
    },
  }
}
