import type { Say } from './part.ts'

const REPEAT_MS = 5_000

/** Lines on standard error; steps that say the same over and over, but for a number, are let through now and then. */
export function progress(name: string, write: (line: string) => void = (line) => console.error(line)): Say {
  let lastStep = ''
  let lastAt = 0
  return (message) => {
    const step = message.replaceAll(/\d+/g, '#')
    const now = performance.now()
    if (step === lastStep && now - lastAt < REPEAT_MS) return
    lastStep = step
    lastAt = now
    write(`bench ${name}: ${message}`)
  }
}
