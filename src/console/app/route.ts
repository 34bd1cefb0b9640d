/** Which view the address names: what stands behind the #, so that the server has one page to serve. */
import { useEffect, useState } from 'preact/hooks'

export const VIEWS = {
  overview: 'Overview',
  proofs: 'Proofs',
  cases: 'Cases',
  auctions: 'Auctions',
  oracle: 'Oracle',
  jobs: 'Jobs',
  account: 'Your account',
} as const
export type ViewName = keyof typeof VIEWS

export interface Route {
  readonly view: ViewName
  /** Of one record: a case, a round. */
  readonly id: string | undefined
}

export function parseRoute(hash: string): Route {
  const [view = '', id] = hash.replace(/^#\/?/, '').split('/')
  if (!Object.hasOwn(VIEWS, view)) return { view: 'overview', id: undefined }
  return { view: view as ViewName, id: id === undefined || id === '' ? undefined : decodeURIComponent(id) }
}

export function linkTo(view: ViewName, id?: string | number): string {
  return `#/${view}${id === undefined ? '' : `/${encodeURIComponent(id)}`}`
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash))
  useEffect(() => {
    const change = () => setRoute(parseRoute(location.hash))
    addEventListener('hashchange', change)
    return () => removeEventListener('hashchange', change)
  }, [])
  return route
}
