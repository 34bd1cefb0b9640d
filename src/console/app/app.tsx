import type { FunctionComponent } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { TacitClient } from '../../service/client/index.ts'
import { Feed, FeedContext } from './data/feed.ts'
import { type OwnerSession, SessionContext } from './data/service.ts'
import { type Route, useRoute, VIEWS, type ViewName } from './route.ts'
import { Shell } from './shell.tsx'
import { AccountView } from './views/account.tsx'
import { AuctionsView } from './views/auctions.tsx'
import { CasesView } from './views/cases.tsx'
import { JobsView } from './views/jobs.tsx'
import { OracleView } from './views/oracle.tsx'
import { OverviewView } from './views/overview.tsx'
import { ProofsView } from './views/proofs.tsx'
import { useWalletState, WalletContext } from './wallet/wallet.ts'

const COMPONENTS: Readonly<Record<ViewName, FunctionComponent<{ readonly id: string | undefined }>>> = {
  overview: OverviewView,
  proofs: ProofsView,
  cases: CasesView,
  auctions: AuctionsView,
  oracle: OracleView,
  jobs: JobsView,
  account: AccountView,
}

export function App() {
  const [owner, setOwner] = useState<OwnerSession>()
  const [venue, setVenue] = useState<TacitClient>()
  const feed = useMemo(() => new Feed(), [])
  const route = useRoute()
  useEffect(() => {
    feed.open('/v1/events')
    return () => feed.close()
  }, [feed])
  useArrival(route)
  const View = COMPONENTS[route.view]
  const wallet = useWalletState()
  const session = useMemo(() => ({ owner, venue, setOwner, setVenue }), [owner, venue])
  return (
    <SessionContext.Provider value={session}>
      <FeedContext.Provider value={feed}>
        <WalletContext.Provider value={wallet}>
          <Shell route={route}>
            <View id={route.id} key={route.view} />
          </Shell>
        </WalletContext.Provider>
      </FeedContext.Provider>
    </SessionContext.Provider>
  )
}

/** Whoever goes to another view starts at its heading, with a screen reader as with the eye. */
function useArrival({ view, id }: Route): void {
  const first = useRef(true)
  useEffect(() => {
    document.title = `${VIEWS[view]} · Tacit console`
    if (first.current) {
      first.current = false
      return
    }
    scrollTo(0, 0)
    document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
  }, [view, id])
}
