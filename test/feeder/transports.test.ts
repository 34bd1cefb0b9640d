import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Wallet } from 'ethers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Aggregator, AggregatorReport } from '../../src/feeder/aggregator.ts'
import type { Proposal, Receipt, Verdict } from '../../src/feeder/desk.ts'
import { FolderServer, folderDesk } from '../../src/feeder/folder-desk.ts'
import { DESK_PATHS, httpDesk } from '../../src/feeder/http-desk.ts'
import { type DeskServer, serveDesk } from '../../src/feeder/http-server.ts'
import { feederFile } from '../../src/feeder/kept-file.ts'
import { type SignedMessage, signContent } from '../../src/feeder/signatures.ts'
import { honestContent } from '../oracle-core/fixtures.ts'

/** Both ways between a feeder and an aggregator carry everything unchanged. The aggregator is a stand-in that remembers. */
const domain = { chainId: 31_337n, oracle: `0x${'11'.repeat(20)}` }
const feeder = new Wallet(`0x${'2'.repeat(64)}`)
const message = await signContent(domain, feeder, honestContent())
const proposal: Proposal = {
  round: {
    sequence: 7,
    timeSeconds: 1_772_443_800,
    riskRoot: 2n ** 250n + 1n,
    parameters: 2n ** 200n,
    configurationHash: `0x${'ab'.repeat(32)}`,
    marketHash: `0x${'cd'.repeat(32)}`,
  },
  contents: [message],
}
const verdicts: Verdict[] = [
  { signs: true, sequence: 7, signature: { signer: feeder.address, signature: message.signature } },
  {
    signs: false,
    sequence: 7,
    refusal: {
      feeder: feeder.address,
      round: `0x${'ef'.repeat(32)}`,
      reason: 'why',
      signature: message.signature,
    },
  },
]

class Remembering {
  readonly contents: SignedMessage[] = []
  readonly verdicts: Verdict[] = []
  shown: Proposal | undefined = proposal
  receipt: Receipt = { taken: true }
  collecting = 7
  readonly report: AggregatorReport = { sequence: 7, state: 'collecting', reasons: ['waits'] }
  takeContent = async (one: SignedMessage) => {
    this.contents.push(one)
    return this.receipt
  }
  takeVerdict = async (one: Verdict) => {
    this.verdicts.push(one)
    return this.receipt
  }
  proposal = async () => this.shown
  get asAggregator(): Aggregator {
    return this as unknown as Aggregator
  }
}

let aggregator: Remembering
let folder: string
beforeEach(() => {
  aggregator = new Remembering()
  folder = mkdtempSync(join(tmpdir(), 'tacit-desk-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a desk by HTTP', () => {
  let server: DeskServer
  beforeEach(async () => {
    server = await serveDesk(aggregator.asAggregator, { port: 0, bodyLimit: 100_000, perMinute: 1_000 })
  })
  afterEach(() => server.close())

  it('carries contents, verdicts and proposals unchanged, and the answer back', async () => {
    const desk = httpDesk(server.url)
    expect(await desk.takeContent(message)).toEqual({ taken: true })
    for (const verdict of verdicts) expect(await desk.takeVerdict(verdict)).toEqual({ taken: true })
    expect(aggregator.contents).toEqual([message])
    expect(aggregator.verdicts).toEqual(verdicts)
    expect(await desk.proposal()).toEqual(proposal)
    aggregator.shown = undefined
    expect(await desk.proposal()).toBeUndefined()
    aggregator.receipt = { taken: false, rule: 'is for another round' }
    expect(await desk.takeContent(message)).toEqual({ taken: false, rule: 'is for another round' })
    expect(await (await fetch(`${server.url}${DESK_PATHS.status}`)).json()).toMatchObject({
      reasons: ['waits'],
    })
  })

  const post = (body: string, type = 'application/json') =>
    fetch(`${server.url}${DESK_PATHS.contents}`, { method: 'POST', body, headers: { 'content-type': type } })

  it('refuses what is too large, no JSON, or of another shape, naming the field', async () => {
    expect((await post(JSON.stringify({ feeder: 'x'.repeat(100_000) }))).status).toBe(413)
    expect((await post('{')).status).toBe(400)
    expect((await post('{}', 'text/plain')).status).toBe(415)
    const wrong = await post(
      JSON.stringify({ feeder: feeder.address, content: { sequence: 1 }, signature: '0x' }),
    )
    expect(wrong.status).toBe(400)
    expect(await wrong.json()).toMatchObject({
      taken: false,
      rule: expect.stringMatching(/content\.asOfSeconds/),
    })
    expect(aggregator.contents).toEqual([])
  })

  it('limits how often one address may ask, and says nothing of its own failures', async () => {
    aggregator.takeContent = async () => {
      throw new Error('the key is 0x5ec')
    }
    const { content, ...rest } = message
    const text = JSON.stringify({ ...rest, content }, (_, value) =>
      typeof value === 'bigint' ? `${value}` : value,
    )
    const failed = await post(text)
    expect(failed.status).toBe(500)
    expect(await failed.text()).not.toContain('0x5ec')
    await server.close()
    server = await serveDesk(aggregator.asAggregator, { port: 0, perMinute: 2 })
    const statuses: number[] = []
    for (let n = 0; n < 3; n++) statuses.push((await fetch(`${server.url}${DESK_PATHS.status}`)).status)
    expect(statuses).toEqual([200, 200, 429])
  })
})

describe('a desk of files', () => {
  it('carries contents, verdicts and proposals unchanged, each once, and keeps what is early', async () => {
    const server = new FolderServer(folder, aggregator.asAggregator)
    const desk = folderDesk(folder)
    expect(await desk.proposal()).toBeUndefined()
    await desk.takeContent(message)
    await desk.takeContent(message)
    for (const verdict of verdicts) await desk.takeVerdict(verdict)
    aggregator.collecting = 6
    expect(await server.exchange()).toEqual([])
    expect(aggregator.contents).toEqual([])
    aggregator.collecting = 7
    await server.exchange()
    await server.exchange()
    expect(aggregator.contents).toEqual([message])
    expect(aggregator.verdicts).toHaveLength(2)
    expect(aggregator.verdicts).toEqual(expect.arrayContaining(verdicts))
    expect(await desk.proposal()).toEqual(proposal)
    aggregator.shown = undefined
    await server.exchange()
    expect(await desk.proposal()).toBeUndefined()
    expect(readdirSync(join(folder, 'contents'))).toEqual([])
  })

  it('tells of what it did not take, takes it away, and goes on', async () => {
    const server = new FolderServer(folder, aggregator.asAggregator)
    writeFileSync(join(folder, 'contents', 'a.json'), '{')
    writeFileSync(join(folder, 'contents', 'b.json'), 'x'.repeat(2_000_000))
    writeFileSync(join(folder, 'verdicts', 'c.json'), '{"signs":true}')
    await folderDesk(folder).takeContent(message)
    const refused = await server.exchange()
    expect(refused.map(({ rule }) => rule).sort()).toEqual([
      expect.stringMatching(/is not valid JSON/),
      expect.stringMatching(/field "sequence"/),
      expect.stringMatching(/has more than/),
    ])
    expect(aggregator.contents).toEqual([message])
    expect(await server.exchange()).toEqual([])
  })
})

describe('what a feeder signed', () => {
  it('outlives the process, and a damaged file is not taken for no file', async () => {
    const path = join(folder, 'signed.json')
    expect(await feederFile(path).load()).toEqual([])
    const records = [7, 8].map((sequence) => ({ sequence, asOfSeconds: 5, digest: `0x${'ab'.repeat(32)}` }))
    await feederFile(path).save(records)
    expect(await feederFile(path).load()).toEqual(records)
    writeFileSync(path, '{"signed":[{"sequence":7}]}')
    await expect(feederFile(path).load()).rejects.toThrow(/asOfSeconds/)
  })
})
