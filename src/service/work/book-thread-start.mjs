// Entry of the thread that reads books, from source: a thread does not inherit the loader of whatever runs its parent.
import { register } from 'tsx/esm/api'

register()
await import('./book-thread.ts')
