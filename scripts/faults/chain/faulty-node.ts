/** A node that fails: stands between a service and a chain and answers late, half, wrong or not at all. Boundary module: network, clock. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dice } from './dice.ts'

/** lags: it takes an older block for the newest, as one of several nodes behind an address may. */
export const FAULTS = ['hangs', 'fails', 'cuts off', 'late', 'lags'] as const
export type Fault = (typeof FAULTS)[number]

/** A spell of bad weather: one kind of fault for so long, in so many of a hundred requests. */
const SPELL_MS = [200, 1_500] as const
const CALM_MS = [300, 2_500] as const
const PERCENT = [30, 100] as const
const MOST_LAG_BLOCKS = 6
/** What a node may say of itself: none of it may reach anybody. */
export const NODE_SECRET = 'node.example/secret-key'

export class FaultyNode {
  readonly #server: Server
  readonly #target: string
  readonly #dice: Dice
  readonly #lateMs: number
  #spell: { readonly fault: Fault; readonly percent: number } | undefined
  #over = false
  #weather: Promise<void> = Promise.resolve()
  /** Requests that were failed, by kind. */
  readonly faults: Record<Fault, number> = { hangs: 0, fails: 0, 'cuts off': 0, late: 0, lags: 0 }
  requests = 0

  private constructor(target: string, dice: Dice, lateMs: number) {
    this.#target = target
    this.#dice = dice
    this.#lateMs = lateMs
    this.#server = createServer((incoming, answer) => {
      this.#answer(incoming, answer).catch(() => answer.destroy())
    })
  }

  /** @param lateMs how late an answer comes at most */
  static async start(target: string, dice: Dice, lateMs: number): Promise<FaultyNode> {
    const node = new FaultyNode(target, dice, lateMs)
    await new Promise<void>((resolve) => node.#server.listen(0, '127.0.0.1', resolve))
    return node
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** From now on the weather changes. */
  begin(): void {
    this.#over = false
    this.#weather = this.#change()
  }

  /** Everything is answered again. */
  async calm(): Promise<void> {
    this.#over = true
    this.#spell = undefined
    await this.#weather
  }

  async close(): Promise<void> {
    await this.calm()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #change(): Promise<void> {
    while (!this.#over) {
      const fault = this.#dice.pick(FAULTS.map((each) => [each, 1] as const))
      this.#spell = { fault, percent: this.#dice.between(...PERCENT) }
      await sleep(this.#dice.between(...SPELL_MS))
      this.#spell = undefined
      if (!this.#over) await sleep(this.#dice.between(...CALM_MS))
    }
  }

  async #answer(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    this.requests++
    const body = await read(incoming)
    const fault = this.#spell && this.#dice.isIn(this.#spell.percent) ? this.#spell.fault : undefined
    if (fault !== undefined) this.faults[fault]++
    if (fault === 'hangs') return
    if (fault === 'fails')
      return void answer.writeHead(this.#dice.isIn(50) ? 503 : 429).end(`away: https://${NODE_SECRET}`)
    if (fault === 'late') await sleep(this.#dice.between(1, this.#lateMs))
    const said = await this.#ask(fault === 'lags' ? await this.#older(body) : body)
    if (fault === 'cuts off') {
      answer.writeHead(200, { 'content-type': 'application/json', 'content-length': `${said.length + 10}` })
      answer.write(said.slice(0, said.length / 2))
      return void answer.destroy()
    }
    answer.writeHead(200, { 'content-type': 'application/json' }).end(said)
  }

  /** The question with an older block in the place of the newest. */
  async #older(body: string): Promise<string> {
    if (!body.includes('"latest"')) return body
    const question = { jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] }
    const { result } = JSON.parse(await this.#ask(JSON.stringify(question))) as { result: string }
    const number = Math.max(0, Number(result) - this.#dice.between(1, MOST_LAG_BLOCKS))
    return body.replaceAll('"latest"', `"0x${number.toString(16)}"`)
  }

  /** Throws where the chain is away. */
  #ask(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' }
      const onward = request(this.#target, { method: 'POST', headers }, (reply) => {
        read(reply).then(resolve, reject)
      })
      onward.on('error', reject)
      onward.end(body)
    })
  }
}

async function read(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}
