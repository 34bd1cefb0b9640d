/**
 * Commands that run until they are told to stop. Boundary module: signals. The scripts of package.json run node with tsx as its
 * loader and not tsx itself, which gives a process 60 ms to answer a signal and then kills it: a chain would be left behind.
 */
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** npm may pass a signal on that the terminal has sent to everybody already: within this time it is the same one. */
const SAME_SIGNAL_MS = 1_000

/**
 * Resolves with the first signal, so that work is put down in order; a second one ends the process at once, by an exit that
 * still ends its children. Takes the place of the handlers of main.ts, which end it at the first.
 */
export function whenAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined
    for (const signal of SIGNALS) {
      // One by one: where tsx itself runs the process, it has a listener that this list hides and that it waits for.
      for (const listener of process.listeners(signal)) process.off(signal, listener)
      process.on(signal, () => {
        first ??= performance.now()
        if (performance.now() - first > SAME_SIGNAL_MS) process.exit(128 + constants.signals[signal])
        resolve()
      })
    }
  })
}
