import { rounded } from '../measure.ts'
import { atLeast, type BenchPart, type Row, showSeconds } from '../part.ts'
import { fullTexts, passThroughService } from '../service-pass.ts'

const ACCOUNTS = 64
/** Worker processes of one proving thread each share the database and the machine; plan and seal are one's alone. */
const TARGET_SCALING = 1.6

/** A whole book through the service: from the order to the epoch, by one `tacit worker` and by two, on one PostgreSQL. */
export const workersPart: BenchPart = {
  name: 'workers',
  summary: `a margin-16 book of ${ACCOUNTS} accounts through a service on PostgreSQL, by one worker process and by two`,
  async run(_options, say) {
    const texts = await fullTexts(ACCOUNTS)
    const two = await passThroughService(texts, 2, say)
    const one = two && (await passThroughService(texts, 1, say))
    if (two === undefined || one === undefined) {
      return {
        figures: {},
        rows: [{ measure: 'worker processes on PostgreSQL', figure: 'not measured: no server runs here' }],
      }
    }
    const scaling = one / two
    const what = `a book of ${ACCOUNTS} accounts through the service on PostgreSQL`
    const rows: Row[] = [
      { measure: `${what}, one worker process`, figure: showSeconds(one) },
      { measure: 'the same with two', figure: showSeconds(two) },
      atLeast('one worker process / two', scaling, TARGET_SCALING, (value) => value.toFixed(2)),
    ]
    const figures = { accounts: ACCOUNTS, oneWorkerSeconds: rounded(one), twoWorkerSeconds: rounded(two) }
    return { figures: { ...figures, scaling: rounded(scaling) }, rows }
  },
}
