import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BOOK, LIQUIDITY, MARKET, SECRETS, startWorld, type World } from './world.ts'

/** Requests made from the service's own description: shaped as it says, and then bent. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly pattern?: string
  readonly additionalProperties?: Schema | boolean
}
interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly schema: Schema
}
interface Operation {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

let world: World
let operations: { method: string; path: string; operation: Operation }[]
/** Values that go far: roots that are there. */
const known: string[] = []

beforeAll(async () => {
  world = await startWorld({ TACIT_PROVERS: '0', TACIT_LOG: 'error' })
  const { riskRoot } = await world.as('feeder').addRound({ markets: [MARKET] })
  const { bookRoot } = await world.as('venue').addBook({ riskRoot, book: BOOK })
  known.push(riskRoot, bookRoot)
  const document = (await world.service.app.inject('/openapi.json')).json()
  expect(document.openapi).toMatch(/^3\.1/)
  operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
})
afterAll(() => world?.close())

const WILD: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    null,
    '',
    '0',
    '-1',
    '__proto__',
    '../../etc/passwd',
    "' or 1=1 --",
    '\u0000',
    '𝒳',
    1e308,
    -0,
    {},
    [],
    true,
  ),
  fc.string({ maxLength: 40 }),
  fc.jsonValue({ maxDepth: 2 }),
  fc.bigInt({ min: 0n, max: 1n << 256n }).map((value) => `0x${value.toString(16)}`),
)

/** What the schema says, most of the time. */
function shapedValue(schema: Schema, depth = 0): fc.Arbitrary<unknown> {
  const right = rightValue(schema, depth)
  return fc.oneof({ arbitrary: right, weight: 12 }, { arbitrary: WILD, weight: 1 })
}

function rightValue(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((each) => shapedValue(each, depth)))
  if (schema.pattern?.includes('{64}')) return fc.constantFrom(...known, `0x${'0'.repeat(64)}`)
  if (schema.pattern?.includes('{40}')) return fc.constant(`0x${'1a'.repeat(20)}`)
  if (schema.pattern !== undefined)
    return fc.constantFrom('1', '1234', '12.5', 'BTC', 'x', `0x${'ab'.repeat(65)}`)
  if (schema.type === 'integer' || schema.type === 'number') {
    return fc.oneof(fc.integer(), fc.integer({ min: 0, max: 100 }), fc.constant(90_001))
  }
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'array') return fc.array(shapedValue(schema.items ?? {}, depth + 1), { maxLength: 3 })
  if (schema.type === 'object' && depth < 5) return objectOf(schema, depth)
  return fc.oneof(fc.string({ maxLength: 20 }), WILD)
}

function objectOf(schema: Schema, depth: number): fc.Arbitrary<object> {
  const fields = Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, each]) => [name, shapedValue(each, depth + 1)]),
  )
  const most = fc.record(fields, { requiredKeys: [...(schema.required ?? [])] })
  const real = fc.constantFrom<object>(MARKET, BOOK, BOOK.accounts[0]!, LIQUIDITY, {})
  const any = schema.additionalProperties === undefined || schema.additionalProperties === false
  return any && Object.keys(fields).length > 0 ? most : fc.oneof(most, real, fc.dictionary(fc.string(), WILD))
}

describe('requests made from the service own description', () => {
  it('are answered or refused with field and rule, never failed, and leak nothing', async () => {
    const roles = [undefined, ...Object.values(world.tokens)]
    const anyRequest = fc.constantFrom(...operations).chain(({ method, path, operation }) => {
      const { parameters = [], requestBody } = operation
      const schema = requestBody === undefined ? undefined : Object.values(requestBody.content)[0]!.schema
      return fc.record({
        method: fc.constant(method),
        path: fc.constant(path),
        id: fc.constant(operation.operationId),
        token: fc.constantFrom(...roles),
        parameters: fc.tuple(
          ...parameters.map((each) => fc.tuple(fc.constant(each), shapedValue(each.schema))),
        ),
        body: schema === undefined ? fc.constant(undefined) : shapedValue(schema),
      })
    })
    const refusals = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(anyRequest, async ({ method, path, id, token, parameters, body }) => {
        // A stream does not end by itself, and keys of this test must live.
        if (id === 'followJob' || id === 'revokeApiKey') return
        let url = path
        const query = new URLSearchParams()
        const headers: Record<string, string> =
          token === undefined ? {} : { authorization: `Bearer ${token}` }
        for (const [{ name, in: where }, value] of parameters) {
          const text = typeof value === 'string' ? value : JSON.stringify(value)
          if (where === 'path') url = url.replace(`{${name}}`, encodeURIComponent(text) || 'x')
          else if (where === 'query') query.set(name, text)
          else headers[name] = text.replaceAll(/[^\x20-\x7e]/g, '')
        }
        // A stream that listens for no time ends when it has told what there is.
        if (id === 'followEvents' && /^\d+$/.test(query.get('seconds') ?? '1')) query.set('seconds', '0')
        const answer = await world.service.app.inject({
          method: method as 'GET',
          url: `${url}?${query}`,
          headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
        })
        refusals.set(id, (refusals.get(id) ?? 0) + (answer.statusCode < 400 ? 0 : 1))
        expect(answer.statusCode, `${method} ${url}: ${answer.body.slice(0, 300)}`).toBeLessThan(500)
        if (answer.statusCode >= 400) {
          const { error } = answer.json()
          expect(error.fields.length).toBeGreaterThan(0)
          for (const { field, rule } of error.fields)
            expect([field, rule].every((text) => text.length > 2)).toBe(true)
        }
        for (const secret of SECRETS) expect(answer.body).not.toContain(secret)
      }),
      { numRuns: 800, seed: 6, endOnFailure: true },
    )
    // It has been everywhere.
    expect(refusals.size).toBeGreaterThan(30)
    expect(world.lines.filter((line) => line.includes('"level":"error"'))).toEqual([])
  })

  it('are refused when they are no JSON at all', async () => {
    const headers = {
      authorization: `Bearer ${world.tokens.venue}`,
      'content-type': 'application/json',
      'idempotency-key': 'x',
    }
    for (const payload of [
      '',
      '{',
      '[1,',
      'null',
      '"text"',
      '{"__proto__":{}}',
      `{"a":${'['.repeat(5_000)}`,
    ]) {
      const answer = await world.service.app.inject({
        method: 'POST',
        url: '/v1/attestations',
        headers,
        payload,
      })
      expect(answer.statusCode).toBe(400)
      expect(answer.json().error.fields.length).toBeGreaterThan(0)
    }
  })
})
