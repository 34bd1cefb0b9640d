// Entry of the service's worker thread from source: a thread does not inherit the loader of whatever runs its parent.
import { register } from 'tsx/esm/api'

register()
await import('./thread.ts')
