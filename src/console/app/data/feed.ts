/** The stream of what happens, one connection for the whole page. */
import { createContext } from 'preact'
import { useContext, useEffect, useRef } from 'preact/hooks'
import type { FeedItem } from '../../../service/client/index.ts'
import type { FeedKind } from './types.ts'

/** jobs: counts of jobs changed; open: the connection came back, and something may have been missed. */
export type FeedSignal = FeedKind | 'jobs' | 'open'
export type FeedListener = (kind: FeedSignal, item: FeedItem | undefined) => void
export type FeedState = 'connecting' | 'on' | 'off'

/** Most that is kept for whoever opens the overview. */
const KEPT = 60

export class Feed {
  readonly #listeners = new Set<FeedListener>()
  readonly #stateListeners = new Set<(state: FeedState) => void>()
  readonly #items: FeedItem[] = []
  #source: EventSource | undefined
  #state: FeedState = 'connecting'
  #retry: ReturnType<typeof setTimeout> | undefined

  get state(): FeedState {
    return this.#state
  }

  /** Newest first. */
  get items(): readonly FeedItem[] {
    return this.#items
  }

  open(url: string): void {
    const source = new EventSource(url)
    this.#source = source
    source.onopen = () => {
      this.#tell('on')
      for (const listener of this.#listeners) listener('open', undefined)
    }
    source.onerror = () => {
      this.#tell('off')
      // A refused stream is not tried again by the browser: too many streams, or a service without one.
      if (source.readyState !== EventSource.CLOSED) return
      this.#retry = setTimeout(() => this.open(url), 10_000)
    }
    source.addEventListener('chain', ({ data }: MessageEvent<string>) => this.#take(JSON.parse(data)))
    for (const [event, signal] of [
      ['jobs', 'jobs'],
      ['reset', 'open'],
    ] as const) {
      source.addEventListener(event, () => {
        for (const listener of this.#listeners) listener(signal, undefined)
      })
    }
  }

  #take(item: FeedItem): void {
    // What was told of blocks that are no more is void.
    if (item.kind === 'reorganised') {
      const kept = this.#items.filter(({ block }) => block <= item.block)
      this.#items.splice(0, this.#items.length, ...kept)
    }
    this.#items.unshift(item)
    this.#items.length = Math.min(this.#items.length, KEPT)
    for (const listener of this.#listeners) listener(item.kind, item)
  }

  #tell(state: FeedState): void {
    this.#state = state
    for (const listener of this.#stateListeners) listener(state)
  }

  close(): void {
    clearTimeout(this.#retry)
    this.#source?.close()
  }

  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onState(listener: (state: FeedState) => void): () => void {
    this.#stateListeners.add(listener)
    return () => this.#stateListeners.delete(listener)
  }
}

export const FeedContext = createContext<Feed>(new Feed())

export function useFeed(listener: FeedListener): Feed {
  const feed = useContext(FeedContext)
  const newest = useRef(listener)
  newest.current = listener
  useEffect(() => feed.listen((kind, item) => newest.current(kind, item)), [feed])
  return feed
}
