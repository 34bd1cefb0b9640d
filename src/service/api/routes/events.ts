import { z } from 'zod'
import type { FeedWatcher, StreamEvent } from '../../chain/feed.ts'
import type { ApiContext } from '../context.ts'
import { EventsHeaders, EventsQuery } from '../schemas.ts'
import { Streams } from '../streams.ts'

/** What happens, for everybody. A listener that was cut off goes on from the last id that it saw. */
export function eventRoutes({ route, feed, limits }: ApiContext): void {
  const streams = new Streams({ most: limits.streams, mostOfAddress: limits.streamsPerAddress })
  const answers = {
    200: z
      .string()
      .describe(
        'event: chain, with an id, data: FeedItem; event: jobs, data: counts by status; event: reset before a gap',
      ),
  }
  const schemas = { query: EventsQuery, headers: EventsHeaders, answers, produces: 'text/event-stream' }
  route('followEvents', schemas, async ({ query, headers, request, reply }) => {
    const id = headers['last-event-id']
    return streams.send(request, reply, (signal) =>
      lines(feed, id === undefined ? undefined : Number(id), AbortSignal.any([signal, after(query.seconds)])),
    )
  })
}

async function* lines(
  feed: FeedWatcher,
  id: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for await (const event of feed.follow(id, signal)) yield textOf(event)
}

function textOf({ id, event, data }: StreamEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`
}

/** AbortSignal.timeout(0) would end before what there is has been told. */
function after(seconds: number): AbortSignal {
  return seconds === 0 ? AbortSignal.abort() : AbortSignal.timeout(1_000 * seconds)
}
