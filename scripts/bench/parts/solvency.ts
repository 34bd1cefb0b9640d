import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contentOfPass } from '../../../src/bundle/from-pass.ts'
import { OFFLINE_CONTEXT } from '../../../src/bundle/statement.ts'
import { bundleLines } from '../../../src/bundle/write.ts'
import { type BookPassResult, proveBook } from '../../../src/prover/book-pass/pass.ts'
import type { PassArtifacts } from '../../../src/prover/book-pass/request.ts'
import { sealArtifacts } from '../../../src/prover/seal-prover.ts'
import { DEFAULT_CONFIGURATION } from '../../../src/risk/default-configuration.ts'
import { Listing } from '../../../src/risk/listing.ts'
import { rounded, type Timed, timed } from '../measure.ts'
import { atLeast, atMost, type BenchPart, type Row, type Say, showCount, showSeconds } from '../part.ts'
import { type SolvencyBook, solvencyBook } from '../solvency-book.ts'
import { type VerifyTimes, verifyTimes } from '../verify-bundle.ts'
import { type BenchWorld, benchArtifacts, benchWorld } from '../world.ts'

const SMALL_BOOK = 64
const LARGE_BOOK = 256
/** Two processes of one thread each share nothing but the machine. */
const TARGET_SCALING = 1.7
const TARGET_VERIFY_SECONDS = 30
const LIQUIDITY_NANO = [1n << 60n, 1n << 60n, 1n << 60n]

/** A whole book from nothing to its seal, start of the processes included: with one worker and with two. */
export const solvencyPart: BenchPart = {
  name: 'solvency',
  summary: `a margin-16 book of ${SMALL_BOOK} accounts proven with its seal, by one worker process and by two`,
  async run(_options, say) {
    const setting = await prepare(SMALL_BOOK, say)
    const two = await pass(setting, 2, say)
    const one = await pass(setting, 1, say)
    const scaling = one.seconds / two.seconds
    const what = `a book of ${SMALL_BOOK} accounts and its seal`
    return {
      figures: {
        accounts: SMALL_BOOK,
        constraints: setting.artifacts.step.constraints,
        sealConstraints: setting.artifacts.seal.constraints,
        oneWorkerSeconds: rounded(one.seconds),
        twoWorkerSeconds: rounded(two.seconds),
        oneWorkerSecondsPerAccount: rounded(one.seconds / SMALL_BOOK),
        twoWorkerSecondsPerAccount: rounded(two.seconds / SMALL_BOOK),
        scaling: rounded(scaling),
        againSeconds: rounded(two.againSeconds),
      },
      rows: [
        { measure: `${what}, one worker process`, figure: showSeconds(one.seconds) },
        { measure: 'the same with two', figure: showSeconds(two.seconds) },
        { measure: 'of that, per account', figure: showSeconds(two.seconds / SMALL_BOOK) },
        atLeast('one worker / two workers', scaling, TARGET_SCALING, (value) => value.toFixed(2)),
        { measure: 'the finished run started again', figure: showSeconds(two.againSeconds) },
        { measure: 'constraints of the seal', figure: showCount(setting.artifacts.seal.constraints) },
      ],
    }
  },
}

export const solvencyLargePart: BenchPart = {
  name: 'solvencyLarge',
  summary: `a margin-16 book of ${LARGE_BOOK} accounts proven with its seal, by two worker processes; its bundle verified on one core`,
  async run(_options, say) {
    const setting = await prepare(LARGE_BOOK, say)
    let verified: VerifyTimes | undefined
    const { seconds, againSeconds } = await pass(setting, 2, say, async (made, folder) => {
      verified = await verifyTimes(await writeBundle(setting, made, folder), say)
    })
    const row = (measure: string, figure: number): Row => ({ measure, figure: showSeconds(figure) })
    return {
      figures: {
        accounts: LARGE_BOOK,
        twoWorkerSeconds: rounded(seconds),
        secondsPerAccount: rounded(seconds / LARGE_BOOK),
        againSeconds: rounded(againSeconds),
        verify: { ...verified! },
      },
      rows: [
        row(`a book of ${LARGE_BOOK} accounts and its seal, two worker processes`, seconds),
        row('of that, per account', seconds / LARGE_BOOK),
        ...verifyRows(verified!),
      ],
    }
  },
}

function verifyRows({ pinned, commandSeconds, pageSeconds }: VerifyTimes): Row[] {
  const where = pinned ? 'one core' : 'one thread'
  const row = (measure: string, seconds: number) =>
    atMost(measure, seconds, TARGET_VERIFY_SECONDS, showSeconds)
  const inPage = 'the same in the page, headless Chromium'
  return [
    row(`tacit verify of that book's bundle, ${where}, start included`, commandSeconds),
    pageSeconds === null ? { measure: inPage, figure: 'not measured: no browser' } : row(inPage, pageSeconds),
  ]
}

interface Setting {
  readonly world: BenchWorld
  readonly artifacts: PassArtifacts
  readonly count: number
}

async function prepare(count: number, say: Say): Promise<Setting> {
  const artifacts = { step: await benchArtifacts(say), seal: await sealArtifacts({ notice: say }) }
  say('the market')
  return { world: await benchWorld(), artifacts, count }
}

/** @returns its path */
async function writeBundle({ world, artifacts }: Setting, made: MadeBook, folder: string): Promise<string> {
  const { snapshot, matrix } = world
  const content = contentOfPass(made.pass, {
    book: made.book,
    snapshot,
    matrix,
    configuration: DEFAULT_CONFIGURATION,
    listing: Listing.empty,
    artifacts,
  })
  const path = join(folder, 'book.tacit.jsonl')
  await writeFile(path, bundleLines(content))
  return path
}

interface MadeBook extends SolvencyBook {
  readonly pass: BookPassResult
}

/**
 * Into a folder that is thrown away.
 * @param then what else is done with the proven book before that
 */
async function pass(
  { world, artifacts, count }: Setting,
  workers: number,
  say: Say,
  then: (made: MadeBook, folder: string) => Promise<void> = async () => {},
): Promise<{ readonly seconds: number; readonly againSeconds: number }> {
  const { hasher, instance, matrix } = world
  const folder = await mkdtemp(join(tmpdir(), 'tacit-bench-pass-'))
  const made = solvencyBook(world, count)
  const run = (): Promise<Timed<BookPassResult>> =>
    timed(() =>
      proveBook({
        hasher,
        instance,
        ...made,
        round: { tree: matrix.tree, parameters: matrix.parametersWord },
        reservesNano: 0n,
        liquidityNano: LIQUIDITY_NANO,
        policy: 'predicates',
        context: OFFLINE_CONTEXT,
        artifacts,
        folder,
        workers,
        notice: say,
        progress: ({ done, total }) => say(`${done} of ${total} accounts, ${workers} workers`),
      }),
    )
  try {
    const first = await run()
    // A pass that found something finished would have measured less than a pass.
    if (first.value.stepsProven !== count)
      throw new Error(`${first.value.stepsProven} of ${count} were proven`)
    const again = await run()
    await then({ ...made, pass: first.value }, folder)
    return { seconds: first.seconds, againSeconds: again.seconds }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
