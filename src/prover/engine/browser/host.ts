/** The engine inside a worker of the page: answers the page's calls. */
import { EngineError } from '../errors.ts'
import { Groth16Engine, type KeyHandle } from '../index.ts'
import type { Answer, Call, Calls, Method, Outcome } from './messages.ts'

export class EngineHost {
  readonly #workerUrl: string
  readonly #keys = new Map<number, KeyHandle>()
  #engine: Groth16Engine | undefined

  /** @param workerUrl the script of this worker, from which the engine's threads start too */
  constructor(workerUrl: string) {
    this.#workerUrl = workerUrl
  }

  async answer(call: Call): Promise<Answer> {
    const outcome = await this.#outcome(call)
    for (const [number, { loaded }] of this.#keys) if (!loaded) this.#keys.delete(number)
    return { id: call.id, outcome, loaded: [...this.#keys.keys()] }
  }

  async #outcome(call: Call): Promise<Outcome> {
    try {
      return { value: await this.#perform(call) }
    } catch (error) {
      if (error instanceof EngineError) return { error: { code: error.code, message: error.message } }
      return { error: { code: 'WORKER', message: error instanceof Error ? error.message : String(error) } }
    }
  }

  async #perform(call: Call): Promise<Calls[Method]['value']> {
    if (call.method === 'open') {
      this.#engine = await Groth16Engine.create({ ...call.args, workerUrl: this.#workerUrl })
      return { threads: this.#engine.threads }
    }
    const engine = this.#engine
    if (engine === undefined) throw new EngineError('CLOSED', 'the engine was not opened')
    const { key: number } = call.args
    if (call.method === 'loadKey') {
      const key = await engine.loadKey(call.args.bytes)
      this.#keys.set(number, key)
      const { signalCount, publicCount, domainSize, byteLength } = key
      return { signalCount, publicCount, domainSize, byteLength, points: engine.verificationPoints(key) }
    }
    const key = this.#keys.get(number)
    if (call.method === 'release') {
      key?.release()
      return undefined
    }
    if (key === undefined) throw new EngineError('CLOSED', 'this key is no longer loaded')
    return engine.prove(key, call.args.wtns)
  }
}
