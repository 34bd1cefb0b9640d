/**
 * Script of a page that proves with the engine, for tests and the benchmark. What it offers hangs on
 * `globalThis.enginePage`, and all that goes in and out is JSON.
 */
import { BrowserEngine } from '../../src/prover/engine/browser/index.ts'
import {
  EngineError,
  type EngineOptions,
  type EngineResult,
  Groth16Engine,
  type KeyHandle,
} from '../../src/prover/engine/index.ts'

type Place = 'worker' | 'page'
type Engine = BrowserEngine | Groth16Engine

export interface PageProof {
  readonly proof: EngineResult['proof']
  readonly publicSignals: readonly string[]
  readonly milliseconds: number
}

export interface PageFailure {
  readonly code: string
  readonly message: string
}

export type PageOutcome<T> = { readonly value: T } | { readonly failure: PageFailure }

const WORKER_URL = '/worker.js'
let engine: Engine
let key: KeyHandle

/** Every worker that this page starts, so that a test can end one behind the engine's back. */
const workers: Worker[] = []
globalThis.Worker = class extends Worker {
  constructor(url: string | URL, options?: WorkerOptions) {
    super(url, options)
    workers.push(this)
  }
}

/** Errors do not survive the way out of the page with their fields. */
async function outcome<T>(work: () => Promise<T>): Promise<PageOutcome<T>> {
  try {
    return { value: await work() }
  } catch (error) {
    const code = error instanceof EngineError ? error.code : 'OTHER'
    return { failure: { code, message: error instanceof Error ? error.message : String(error) } }
  }
}

async function bytesOf(name: string): Promise<Uint8Array> {
  const response = await fetch(`/${name}`)
  if (!response.ok) throw new Error(`${name}: ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

/** The worker script as a page without a server would hold it. */
async function blobUrl(): Promise<string> {
  const script = await (await fetch(WORKER_URL)).blob()
  return URL.createObjectURL(script)
}

async function prove(bytes: Uint8Array): Promise<PageProof> {
  const started = performance.now()
  const { proof, publicSignals } = await engine.prove(key, bytes)
  return { proof, publicSignals: publicSignals.map(String), milliseconds: performance.now() - started }
}

/** Does something while a proof goes on, and says how the proof ended. */
async function disturbed(wtns: string, afterMs: number, disturb: () => unknown): Promise<PageProof> {
  const running = prove(await bytesOf(wtns))
  running.catch(() => {})
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  await disturb()
  return running
}

const enginePage = {
  /** The engine in a worker of its own, or in the page itself; workerUrl blob: starts workers from a blob. */
  open: (place: Place, options: EngineOptions & { workerUrl?: string } = {}) =>
    outcome(async () => {
      const workerUrl = options.workerUrl === 'blob:' ? await blobUrl() : (options.workerUrl ?? WORKER_URL)
      const all = { ...options, workerUrl }
      engine = await (place === 'worker' ? BrowserEngine : Groth16Engine).create(all)
      return { mode: engine.mode, threads: engine.threads, isolated: globalThis.crossOriginIsolated }
    }),
  loadKey: (zkey: string) =>
    outcome(async () => {
      key = await engine.loadKey(await bytesOf(zkey))
      return { domainSize: key.domainSize, points: engine.verificationPoints(key) }
    }),
  prove: (wtns: string) => outcome(async () => prove(await bytesOf(wtns))),
  /** Ends the last worker that the page started. */
  proveAndKill: (wtns: string, afterMs: number) =>
    outcome(() => disturbed(wtns, afterMs, () => workers.splice(0).at(-1)!.terminate())),
  proveAndInterrupt: (wtns: string, afterMs: number) =>
    outcome(() => disturbed(wtns, afterMs, () => engine.interrupt())),
  keyLoaded: () => key.loaded,
  close: () => outcome(() => engine.close()),
}

export type EnginePage = typeof enginePage

Object.assign(globalThis, { enginePage })
