/** What a view shows before, while and after its data come. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { ServiceError } from '../../../service/client/index.ts'
import { type FeedSignal, useFeed } from './feed.ts'

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly error: Fault }
  /** fault: the newest attempt failed, and the value is older. */
  | { readonly state: 'ready'; readonly value: T; readonly fault: Fault | undefined }

export interface Fault {
  readonly message: string
  readonly code: string
  readonly details: readonly string[]
}

export interface Live<T> {
  readonly data: Loaded<T>
  readonly reload: () => void
}

/** Bursts of events become one request. */
const SETTLE_MS = 400
/** Whatever a view shows, it may be another then. */
const ALWAYS: readonly FeedSignal[] = ['open', 'reorganised', 'restarted']
/** Where the stream of events tells nothing. */
const POLL_MS = 15_000

/**
 * Loads, and loads again when something of these kinds happens, when the stream of events was broken, and now and then.
 * @param key what is loaded: another key forgets what was there. undefined: nothing to load yet
 */
export function useLive<T>(
  key: string | undefined,
  load: () => Promise<T>,
  kinds: readonly FeedSignal[] = [],
): Live<T> {
  const [data, setData] = useState<Loaded<T>>({ state: 'loading' })
  const current = useRef({ key, load, turn: 0 })
  current.current.load = load
  const reload = useCallback(async () => {
    const turn = ++current.current.turn
    try {
      const value = await current.current.load()
      if (turn === current.current.turn) setData({ state: 'ready', value, fault: undefined })
    } catch (thrown) {
      const error = faultOf(thrown)
      if (turn !== current.current.turn) return
      setData((before) =>
        before.state === 'ready' ? { ...before, fault: error } : { state: 'failed', error },
      )
    }
  }, [])
  useEffect(() => {
    if (key === undefined) return
    setData({ state: 'loading' })
    void reload()
    const timer = setInterval(() => void reload(), POLL_MS)
    return () => {
      clearInterval(timer)
      current.current.turn++
    }
  }, [key])
  const pending = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useFeed((kind) => {
    if (key === undefined || (!ALWAYS.includes(kind) && !kinds.includes(kind))) return
    clearTimeout(pending.current)
    pending.current = setTimeout(() => void reload(), SETTLE_MS)
  })
  return { data, reload: () => void reload() }
}

/** A refusal of the service, or a connection that is not there, in words. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof ServiceError) {
    const details = thrown.fields.map(({ field, rule }) => `${field} ${rule}`)
    return { message: thrown.message, code: `${thrown.status} ${thrown.code}`, details }
  }
  if (thrown instanceof TypeError) {
    return { message: 'The service does not answer.', code: 'CONNECTION', details: [thrown.message] }
  }
  return { message: thrown instanceof Error ? thrown.message : String(thrown), code: 'ERROR', details: [] }
}
