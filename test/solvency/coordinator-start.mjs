// A forked process does not inherit the loader of the test runner.
import { register } from 'tsx/esm/api'

register()
await import('./coordinator.ts')
