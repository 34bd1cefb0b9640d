// Entry of a stress thread from source: teaches the thread TypeScript, then starts the worker proper. A thread does not
// inherit the loader of whatever runs its parent, so it has to bring its own.
import { register } from 'tsx/esm/api'

register()
await import('./worker.ts')
