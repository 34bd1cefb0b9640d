/** Commands that run until they are told to stop. Boundary module: signals. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Resolves with the first signal, so that work is put down in order; a second one ends the process at once. Takes the place
 * of the handlers of main.ts, which end it at the first.
 */
export function whenAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) {
      process.removeAllListeners(signal)
      process.on(signal, () => {
        for (const other of SIGNALS) process.removeAllListeners(other)
        resolve()
      })
    }
  })
}
