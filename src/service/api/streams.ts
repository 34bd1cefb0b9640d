/** Server-sent events to whoever listens, and how many may at a time. Boundary module: clock. */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../refusal.ts'

/** So that proxies keep an idle stream open. */
const HEARTBEAT_MS = 15_000
/** Texts that may lie unread: a listener that has not even taken so many heartbeats is cut off. */
const MOST_UNREAD = 4

export interface StreamOptions {
  /** Streams of a kind at a time: of one process, and of one address in it. */
  readonly most: number
  readonly mostOfAddress: number
  readonly heartbeatMs?: number
}

/** One kind of stream. */
export class Streams {
  readonly #options: StreamOptions
  readonly #byAddress = new Map<string, number>()
  #open = 0

  constructor(options: StreamOptions) {
    this.#options = options
  }

  /**
   * Sends texts as they come until they end or the listener goes. Throws Refusal when too many streams are open.
   * @param texts made of a signal that says when nobody listens any more
   */
  send(
    { ip }: Pick<FastifyRequest, 'ip'>,
    reply: FastifyReply,
    texts: (signal: AbortSignal) => AsyncIterable<string>,
  ): FastifyReply {
    const { most, mostOfAddress, heartbeatMs = HEARTBEAT_MS } = this.#options
    const ofAddress = this.#byAddress.get(ip) ?? 0
    if (this.#open >= most) throw new Refusal('UNAVAILABLE', 'events', 'too many streams are open; try later')
    if (ofAddress >= mostOfAddress)
      throw new Refusal(
        'RATE_LIMITED',
        'events',
        `${mostOfAddress} streams are open from this address already`,
      )
    this.#open++
    this.#byAddress.set(ip, ofAddress + 1)
    const ended = new AbortController()
    reply.raw.once('close', () => ended.abort())
    let isOver = false
    const stream = Readable.from(
      (async function* () {
        yield* texts(ended.signal)
        isOver = true
      })(),
    )
    let unread = 0
    const beat = setInterval(() => {
      if (!isOver) stream.push(':\n\n')
      unread = isOver ? unread + 1 : stream.readableLength
      if (unread > MOST_UNREAD) stream.destroy()
    }, heartbeatMs)
    stream.once('close', () => {
      clearInterval(beat)
      ended.abort()
      this.#release(ip)
    })
    reply.header('content-type', 'text/event-stream').header('cache-control', 'no-store')
    return reply.send(stream)
  }

  #release(ip: string): void {
    this.#open--
    const left = this.#byAddress.get(ip)! - 1
    if (left === 0) this.#byAddress.delete(ip)
    else this.#byAddress.set(ip, left)
  }
}
