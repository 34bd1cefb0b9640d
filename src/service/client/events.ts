/** One server-sent event. */
export interface SentEvent {
  readonly id: string | undefined
  readonly event: string
  readonly data: string
}

/** Server-sent events from a response whose body is one; comments are left out. */
export async function* readEvents(response: Response): AsyncGenerator<SentEvent> {
  if (response.body === null) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let pending = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      pending += value
      const events = pending.split('\n\n')
      pending = events.pop()!
      for (const event of events) {
        const lines = event.split('\n')
        const field = (name: string) =>
          lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2))
        const data = field('data')
        if (data.length > 0)
          yield { id: field('id').at(-1), event: field('event').at(-1) ?? 'message', data: data.join('\n') }
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
