import { rounded } from '../measure.ts'
import { atLeast, type BenchPart, showCount } from '../part.ts'
import { timeCrew } from '../stress-crew.ts'
import { POSITIONS, STEPS } from '../stress-load.ts'

const CORES = 2
const TARGET_PER_SECOND = 5_000_000

/** Account-steps of the stress lab: runs are independent, so two cores do two of them at the same time. */
export const stressPart: BenchPart = {
  name: 'stress',
  summary: `account-steps of the stress lab, ${POSITIONS} positions each, on one core and on two`,
  async run({ accounts }, say) {
    say(`${showCount(accounts)} accounts on one core`)
    const one = await timeCrew(1, accounts)
    say(`${CORES} times as many on ${CORES} cores`)
    const two = await timeCrew(CORES, accounts)
    const perSecond = (accounts * STEPS) / one.seconds
    const perSecondTwo = (CORES * accounts * STEPS) / two.seconds
    const perProcessorSecond = (CORES * accounts * STEPS) / two.processorSeconds
    const what = `account-steps of the stress lab a second, ${POSITIONS} positions each`
    return {
      figures: {
        accounts,
        positions: POSITIONS,
        perSecond: rounded(perSecond),
        perSecondTwoCores: rounded(perSecondTwo),
        perProcessorSecond: rounded(perProcessorSecond),
        scaling: rounded(perSecondTwo / perSecond),
        peakMemoryMib: one.peakMib,
      },
      rows: [
        { measure: `${what}, one core`, figure: showCount(Math.round(perSecond)) },
        atLeast('the same on two cores', Math.round(perSecondTwo), TARGET_PER_SECOND, showCount),
        {
          measure: 'the same in a second of processor time',
          figure: showCount(Math.round(perProcessorSecond)),
        },
        {
          measure: `memory of a process with ${showCount(accounts)} accounts of ${POSITIONS} positions, at its peak`,
          figure: `${one.peakMib} MiB`,
        },
      ],
    }
  },
}
