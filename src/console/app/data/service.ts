/** The service behind the page, and who is signed in. Tokens are in memory alone: they end with the page. */
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { TacitClient } from '../../../service/client/index.ts'

export interface OwnerSession {
  readonly client: TacitClient
  readonly address: string
  readonly roles: readonly string[]
  readonly expiresAt: string
}

export interface Session {
  readonly owner: OwnerSession | undefined
  readonly venue: TacitClient | undefined
  readonly setOwner: (owner: OwnerSession | undefined) => void
  readonly setVenue: (venue: TacitClient | undefined) => void
}

export const publicClient = new TacitClient({ url: location.origin })

export const SessionContext = createContext<Session>({
  owner: undefined,
  venue: undefined,
  setOwner: () => {},
  setVenue: () => {},
})

export const useSession = () => useContext(SessionContext)
