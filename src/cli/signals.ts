/** Commands that run until they are told to stop. Boundary module: signals. */
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** npm and tsx pass a signal on that the terminal has sent to everybody already: within this time it is the same one. */
const SAME_SIGNAL_MS = 1_000

/**
 * Resolves with the first signal, so that work is put down in order; a second one ends the process at once, by an exit that
 * still ends its children. Takes the place of the handlers of main.ts, which end it at the first.
 */
export function whenAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) {
      process.removeAllListeners(signal)
      process.on(signal, () => {
        const first = performance.now()
        for (const other of SIGNALS) {
          process.removeAllListeners(other)
          process.on(other, () => {
            if (performance.now() - first > SAME_SIGNAL_MS) process.exit(128 + constants.signals[other])
          })
        }
        resolve()
      })
    }
  })
}
