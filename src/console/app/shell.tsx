import type { ComponentChildren } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import { FeedContext, type FeedState } from './data/feed.ts'
import { publicClient } from './data/service.ts'
import { linkTo, type Route, VIEWS, type ViewName } from './route.ts'
import { chooseTheme, THEMES, type ThemeChoice, themeChoice } from './theme.ts'

/** What surrounds every view: name, connection, theme, navigation. */
export function Shell({ route, children }: { readonly route: Route; readonly children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false)
  useEffect(() => setOpen(false), [route.view, route.id])
  return (
    <>
      <button type="button" class="skip button" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the contents
      </button>
      <header class="bar">
        <a class="brand" href={linkTo('overview')}>
          Tacit <small>verifiable margin</small>
        </a>
        <Connection />
        <ThemeSwitch />
        <button
          type="button"
          class="button menu"
          aria-expanded={isOpen}
          aria-controls="side"
          onClick={() => setOpen(!isOpen)}
        >
          Menu
        </button>
      </header>
      <LocalNotice />
      <div class="frame">
        <div id="side" class={isOpen ? 'side open' : 'side'}>
          <Navigation current={route.view} />
        </div>
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </div>
      <footer class="foot">
        Nothing on this page comes from anywhere but this service.{' '}
        <a href="/openapi.json">Interface (OpenAPI)</a>
      </footer>
    </>
  )
}

function Navigation({ current }: { readonly current: ViewName }) {
  return (
    <nav aria-label="Views">
      <ul>
        {(Object.entries(VIEWS) as [ViewName, string][]).map(([view, title]) => (
          <li key={view} class={view === 'jobs' ? 'apart' : ''}>
            <a href={linkTo(view)} aria-current={view === current ? 'page' : undefined}>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

const STATES: Readonly<Record<FeedState, string>> = { connecting: 'Connecting', on: 'Live', off: 'Not live' }

function Connection() {
  const feed = useContext(FeedContext)
  const [state, setState] = useState(feed.state)
  useEffect(() => feed.onState(setState), [feed])
  return (
    <span class={`live ${state}`} role="status">
      {STATES[state]}
    </span>
  )
}

const THEME_NAMES: Readonly<Record<ThemeChoice, string>> = { system: 'Auto', light: 'Light', dark: 'Dark' }

function ThemeSwitch() {
  const [choice, setChoice] = useState(themeChoice)
  const next = THEMES[(THEMES.indexOf(choice) + 1) % THEMES.length]!
  const change = () => {
    chooseTheme(next)
    setChoice(next)
  }
  return (
    <button
      type="button"
      class="button small"
      onClick={change}
      aria-label={`Theme: ${THEME_NAMES[choice]}. Change to ${THEME_NAMES[next]}`}
    >
      <ThemeIcon />
      {THEME_NAMES[choice]}
    </button>
  )
}

/** Half light, half dark. */
function ThemeIcon() {
  return (
    <svg width="14" height="14" viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="1.6" />
      <path d="M8 1.5a6.5 6.5 0 0 1 0 13z" fill="currentColor" />
    </svg>
  )
}

/** Keys of development prove nothing, and everybody who looks has to know. */
function LocalNotice() {
  const [isDevelopment, setDevelopment] = useState(false)
  useEffect(() => {
    publicClient.keys().then(
      (keys) => setDevelopment(keys.some(({ kind }) => kind !== 'production')),
      () => {},
    )
  }, [])
  if (!isDevelopment) return null
  return (
    <p class="notice">
      <strong>Development keys.</strong> Anyone can forge proofs for them: good for trying out on a local
      chain, not for relying on.
    </p>
  )
}
