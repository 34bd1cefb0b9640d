#!/usr/bin/env node
// The command of an installed checkout: teaches Node the sources' TypeScript, then runs them.
import { register } from 'tsx/esm/api'

register()
await import('../src/cli/main.ts')
