import type { ComponentChildren } from 'preact'
import { useId, useState } from 'preact/hooks'
import { useNow } from '../clock.ts'
import type { Fault, Loaded } from '../data/loaded.ts'
import { instant, relative, shortHash } from '../format.ts'

type Children = { readonly children?: ComponentChildren }
export type Tone = 'good' | 'warning' | 'bad' | 'accent' | 'plain'

export function PageHead({ title, children }: { readonly title: string } & Children) {
  return (
    <div class="page-head">
      <h1 tabIndex={-1}>{title}</h1>
      {children !== undefined && <p>{children}</p>}
    </div>
  )
}

interface CardProps extends Children {
  readonly title: string
  readonly note?: ComponentChildren
  readonly actions?: ComponentChildren
}

export function Card({ title, note, actions, children }: CardProps) {
  const id = useId()
  return (
    <section class="card" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {actions}
        {note !== undefined && <p>{note}</p>}
      </header>
      <div class="body">{children}</div>
    </section>
  )
}

export function Badge({ tone = 'plain', children }: { readonly tone?: Tone } & Children) {
  return <span class={`badge ${tone}`}>{children}</span>
}

export function Stats({ children }: Children) {
  return <dl class="stats">{children}</dl>
}

interface StatProps {
  readonly name: string
  readonly value: ComponentChildren
  readonly note?: ComponentChildren
}

export function Stat({ name, value, note }: StatProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
      {note !== undefined && <dd class="note">{note}</dd>}
    </div>
  )
}

export function Fact({ name, children }: { readonly name: string } & Children) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

export function Message({
  tone = 'plain',
  title,
  children,
}: { readonly tone?: Tone; readonly title: string } & Children) {
  return (
    <div class={`message ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <span class="title">{title}</span>
      {children}
    </div>
  )
}

export function FaultMessage({ fault, retry }: { readonly fault: Fault; readonly retry?: () => void }) {
  return (
    <Message tone="bad" title={fault.message}>
      {fault.details.map((detail) => (
        <span key={detail}>{detail}</span>
      ))}
      <span class="small soft">{fault.code}</span>
      {retry !== undefined && (
        <span>
          <button type="button" class="button small" onClick={retry}>
            Try again
          </button>
        </span>
      )}
    </Message>
  )
}

export function Empty({ title, children }: { readonly title: string } & Children) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children !== undefined && <span>{children}</span>}
    </div>
  )
}

interface ShowProps<T> {
  readonly data: Loaded<T>
  readonly reload?: () => void
  readonly children: (value: T) => ComponentChildren
}

/** Loading, failed, or there; what is there stays while the service is away, and says so. */
export function Show<T>({ data, reload, children }: ShowProps<T>) {
  if (data.state === 'loading') return <Loading />
  if (data.state === 'failed') return <FaultMessage fault={data.error} {...(reload && { retry: reload })} />
  return (
    <>
      {data.fault !== undefined && (
        <Message tone="warning" title="What stands here may be old: the newest could not be fetched.">
          <span>{data.fault.message}</span>
        </Message>
      )}
      {children(data.value)}
    </>
  )
}

export function Loading() {
  return (
    <div class="loading" role="status">
      <b class="hidden-text">Loading</b>
      <span />
      <span />
      <span />
    </div>
  )
}

/** A hash or an address: short to read, whole to copy and to whoever listens. */
export function Hash({ value }: { readonly value: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(value).catch(() => {})
    setCopied(true)
    setTimeout(() => setCopied(false), 1_500)
  }
  return (
    <span class="hash" title={value}>
      {shortHash(value)}
      <button type="button" class="copy" onClick={copy} aria-label={`Copy ${shortHash(value)}`}>
        <CopyIcon isDone={copied} />
      </button>
    </span>
  )
}

function CopyIcon({ isDone }: { readonly isDone: boolean }) {
  return (
    <svg
      width="14"
      height="14"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      aria-hidden="true"
    >
      {isDone ? (
        <path d="M3 8.5l3.2 3.2L13 4.8" />
      ) : (
        <>
          <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
          <path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2" />
        </>
      )}
    </svg>
  )
}

/** A time of the chain or of the service. @param time unix seconds, or ISO 8601 */
export function Ago({ time }: { readonly time: number | string }) {
  const now = useNow(5_000)
  const seconds = typeof time === 'number' ? time : Date.parse(time) / 1_000
  return (
    <time dateTime={new Date(seconds * 1_000).toISOString()} title={instant(time)}>
      {relative(seconds, now)}
    </time>
  )
}
