// Entry of a worker thread: teaches the thread TypeScript, then starts the worker proper. A thread does not
// inherit the loader of the test runner, so it has to bring its own.
import { register } from 'tsx/esm/api'

register()
await import('./worker.ts')
