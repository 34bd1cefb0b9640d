// Entry of a worker process: teaches it TypeScript, then starts the worker proper. A forked process does not inherit
// the loader of a test runner, so it has to bring its own.
import { register } from 'tsx/esm/api'

register()
await import('./worker.ts')
