import { describe, expect, it } from 'vitest'
import { InputError } from '../../src/protocol/errors.ts'
import { newLogger } from '../../src/service/log.ts'

const SECRET = 'f00dfacef00dface'

describe('the log', () => {
  it('tells the kind, code and place of an error, and none of its words, nor bodies and headers', () => {
    let text = ''
    const log = newLogger('debug', { write: (line) => void (text += line) })
    log.error({ err: new Error(`row contains ${SECRET}`) }, 'failed')
    log.error({ err: Object.assign(new Error(SECRET), { code: '23505', detail: SECRET }) }, 'failed')
    log.error({ err: new InputError(SECRET, { field: SECRET }, { cause: new Error(SECRET) }) }, 'failed')
    log.error({ err: SECRET }, 'failed')
    log.error({ err: new Error(`no JSON:\n  at ${SECRET}\n`) }, 'failed')
    const headers = { authorization: SECRET, cookie: SECRET }
    log.info(
      { req: { method: 'GET', url: `/x?${SECRET}`, headers, body: SECRET }, body: SECRET, headers },
      'request',
    )
    expect(text).toMatch(/"type":"Error","code":"23505","at":\["at /)
    expect(text).toContain('"code":"INPUT_INVALID"')
    expect(text).toContain('"route":"unknown"')
    expect(text.split('\n')).toHaveLength(7)
    expect(text).not.toContain(SECRET)
  })
})
