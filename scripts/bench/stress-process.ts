/** A process of the stress part: makes its book, says so, and steps through it on the word, so that several can start together. */
import type { StressAnswer } from './stress-crew.ts'
import { STEPS, stressLoad, WARM_STEPS } from './stress-load.ts'

// Nobody waits for the answer any more.
process.once('disconnect', () => process.exit(1))

const step = stressLoad(Number(process.argv[2]))
for (let number = 0; number < WARM_STEPS; number++) step(number)
process.once('message', () => {
  const before = process.cpuUsage()
  for (let number = 0; number < STEPS; number++) step(number)
  const { user, system } = process.cpuUsage(before)
  // Of the whole process: runtime, instruments, book and risk matrix.
  const peakMib = Math.round(process.resourceUsage().maxRSS / 1024)
  const answer: StressAnswer = { processorSeconds: (user + system) / 1e6, peakMib }
  process.send?.(answer, () => process.exit(0))
})
process.send?.('ready')
