import { useState } from 'preact/hooks'
import type { Job, TacitClient } from '../../../service/client/index.ts'
import { type Fault, faultOf, useLive } from '../data/loaded.ts'
import { publicClient, useSession } from '../data/service.ts'
import { count, shortHash, words } from '../format.ts'
import { Ago, Badge, Card, Empty, FaultMessage, PageHead, Show, type Tone } from '../parts/common.tsx'
import { Rows } from '../parts/table.tsx'

export function JobsView() {
  const { venue, setVenue } = useSession()
  return (
    <>
      <PageHead title="Jobs">
        Proofs being made for the venue. Only its own programs and people see them: they say which books are
        proven and when.
      </PageHead>
      {venue === undefined ? (
        <KeyForm enter={setVenue} />
      ) : (
        <JobList venue={venue} leave={() => setVenue(undefined)} />
      )}
    </>
  )
}

function KeyForm({ enter }: { readonly enter: (venue: TacitClient) => void }) {
  const [key, setKey] = useState('')
  const [fault, setFault] = useState<Fault>()
  const submit = async (event: Event) => {
    event.preventDefault()
    const client = publicClient.as(key.trim())
    try {
      await client.jobs(1)
      enter(client)
    } catch (error) {
      setFault(faultOf(error))
    }
  }
  return (
    <Card
      title="The venue's key"
      note="An API key of the role venue: tacit serve --new-key venue makes one; the sample venue names the file of its own when it starts."
    >
      <form class="panel-form" onSubmit={submit}>
        <div class="field">
          <label for="venue-key">API key</label>
          <input
            id="venue-key"
            type="password"
            autocomplete="off"
            spellcheck={false}
            required
            value={key}
            onInput={({ currentTarget }) => setKey(currentTarget.value)}
            aria-describedby="venue-key-note"
          />
          <small id="venue-key-note">
            It stays in this page's memory and is gone when the page is closed or reloaded.
          </small>
        </div>
        {fault !== undefined && <FaultMessage fault={fault} />}
        <div>
          <button type="submit" class="button primary">
            Show jobs
          </button>
        </div>
      </form>
    </Card>
  )
}

const TONES: Readonly<Record<Job['status'], Tone>> = {
  queued: 'plain',
  running: 'accent',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'warning',
}

function JobList({ venue, leave }: { readonly venue: TacitClient; readonly leave: () => void }) {
  const { data, reload } = useLive('jobs', () => venue.jobs(100), ['jobs'])
  return (
    <Card
      title="Newest jobs"
      actions={
        <button type="button" class="button small" onClick={leave}>
          Forget the key
        </button>
      }
    >
      <Show data={data} reload={reload}>
        {(jobs) =>
          jobs.length === 0 ? (
            <Empty title="No jobs yet">
              Orders come through the interface: POST /v1/attestations and the like.
            </Empty>
          ) : (
            <Rows
              caption="Jobs, newest first"
              rows={jobs}
              keyOf={({ id }) => id}
              columns={[
                { name: 'What', cell: ({ kind }) => words(kind) },
                { name: 'Status', cell: ({ status }) => <Badge tone={TONES[status]}>{words(status)}</Badge> },
                { name: 'Progress', cell: (job) => <JobProgress job={job} /> },
                { name: 'Book', cell: ({ bookRoot }) => <span class="hash">{shortHash(bookRoot)}</span> },
                { name: 'Asked for', cell: ({ createdAt }) => <Ago time={createdAt} /> },
                { name: 'Stop', cell: (job) => <Cancel job={job} venue={venue} reload={reload} /> },
              ]}
            />
          )
        }
      </Show>
    </Card>
  )
}

function JobProgress({ job: { status, phase, done, total, error } }: { readonly job: Job }) {
  if (error !== null) return <span class="small">{error.message}</span>
  if (total === 0) return <span class="soft small">{words(phase)}</span>
  return (
    <span class="job-progress">
      <progress max={total} value={done} aria-label={`${done} of ${total} proofs, ${status}`} />
      <span class="small soft">
        {count(done)} of {count(total)}
      </span>
    </span>
  )
}

interface CancelProps {
  readonly job: Job
  readonly venue: TacitClient
  readonly reload: () => void
}

function Cancel({ job, venue, reload }: CancelProps) {
  const [fault, setFault] = useState<Fault>()
  if (job.finishedAt !== null) return null
  const cancel = () =>
    venue.cancel(job.id).then(reload, (error: unknown) => {
      setFault(faultOf(error))
    })
  return (
    <>
      <button type="button" class="button small danger" onClick={cancel}>
        Cancel<span class="hidden-text"> {words(job.kind)}</span>
      </button>
      {fault !== undefined && <FaultMessage fault={fault} />}
    </>
  )
}
