import { type ChildProcess, fork } from 'node:child_process'
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Book } from '../../src/book/book.ts'
import { type Hasher, poseidonHasher } from '../../src/protocol/poseidon.ts'
import { sealSignalsToArray } from '../../src/protocol/seal-signals.ts'
import { AccountError } from '../../src/prover/book-pass/errors.ts'
import { type BookPassResult, proveBook } from '../../src/prover/book-pass/pass.ts'
import type { BookPassRequest, PassProgress } from '../../src/prover/book-pass/request.ts'
import { rootOfStep, StepsTree } from '../../src/prover/book-pass/steps-digest.ts'
import { verifyProof } from '../../src/prover/verify.ts'
import { passRequest } from './pass-request.ts'

const COORDINATOR = fileURLToPath(new URL('./coordinator-start.mjs', import.meta.url))
const ACCOUNTS = 8

let hasher: Hasher
let folder: string
let request: BookPassRequest

beforeAll(async () => {
  hasher = await poseidonHasher()
  folder = join(mkdtempSync(join(tmpdir(), 'tacit-pass-')), 'run')
  request = await passRequest(hasher, folder)
})
afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

const path = (...names: string[]) => join(folder, ...names)
const journal = () =>
  readFileSync(path('journal.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
const journaled = (): number[] =>
  journal()
    .filter(({ kind }) => kind === 'step')
    .map(({ index }) => index)
const stepFiles = () =>
  Object.fromEntries(
    readdirSync(path('steps')).map((name) => [name, readFileSync(path('steps', name), 'utf8')]),
  )

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50))
}

/** Runs a coordinator in a process of its own and kills it after so many steps. Returns its workers' process ids. */
async function killedAfter(steps: number): Promise<number[]> {
  const workers: number[] = []
  const child: ChildProcess = fork(COORDINATOR, [folder], { stdio: ['ignore', 2, 2, 'ipc'], execArgv: [] })
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('exit', (_, signal) => resolve(signal)),
  )
  child.on('message', (message: PassProgress | { pid: number }) => {
    if ('pid' in message) workers.push(message.pid)
    else if (message.proven >= steps) child.kill('SIGKILL')
  })
  expect(await ended).toBe('SIGKILL')
  return workers
}

describe('a book of eight accounts', () => {
  let result: BookPassResult
  let before: Record<string, string>
  const started: number[] = []
  const reports: PassProgress[] = []

  beforeAll(async () => {
    const orphans = await killedAfter(2)
    // They end with whoever started them, and write nothing.
    await until(() => !orphans.some(isAlive))
    before = stepFiles()
    // What a kill may leave: a line that was being written, and a file that was.
    appendFileSync(path('journal.jsonl'), '{"kind":"step","index":7,"chai')
    writeFileSync(path('steps', '0000007.json.tmp'), '{"index":')
    result = await proveBook({
      ...request,
      workerStarted: (pid) => started.push(pid),
      progress: (progress) => {
        reports.push(progress)
        // A worker dies in the middle of its next proof.
        if (progress.proven === 1 && progress.phase === 'steps') process.kill(started[0]!, 'SIGKILL')
      },
    })
  })

  it('is proven in full, after kills of the coordinator and of a worker, and no finished proof is made twice', () => {
    const found = Object.keys(before).length
    expect(found).toBeGreaterThanOrEqual(2)
    expect(found).toBeLessThan(ACCOUNTS)
    expect(result).toMatchObject({ stepsFound: found, stepsProven: ACCOUNTS - found, sealProven: true })
    expect(journaled().sort()).toEqual([...Array(ACCOUNTS).keys()])
    // A proof is made with fresh randomness: the same bytes are the same proof.
    expect(stepFiles()).toMatchObject(before)
    // Two workers, and one in place of the dead one; all of them gone now.
    expect(started).toHaveLength(3)
    expect(started.some(isAlive)).toBe(false)
  })

  it('has steps that verify and link from the first state to the last, and a seal that names both', () => {
    const { step, seal } = request.artifacts
    const { signals } = result.seal
    expect(verifyProof(seal.verificationKey, sealSignalsToArray(signals), result.seal.proof)).toBe(true)
    let state = signals.chainFirst
    for (let index = 0; index < ACCOUNTS; index++) {
      const { chainIn, chainOut, proof } = result.readStep(index)
      expect(chainIn).toBe(state)
      const { bookRoot, riskRoot, parameters, context } = signals
      const shown = [bookRoot, riskRoot, parameters, 0n, 0n, chainIn, chainOut, context]
      expect(verifyProof(step.verificationKey, shown, proof)).toBe(true)
      state = chainOut
    }
    expect(state).toBe(signals.chainLast)
    const tree = new StepsTree(result.links)
    expect(result.stepsRoot).toBe(tree.root)
    expect(rootOfStep(tree.path(5))).toBe(tree.root)
  })

  it('says how far it is and how long it will take', () => {
    expect(reports[0]).toMatchObject({ done: result.stepsFound, total: ACCOUNTS, secondsLeft: undefined })
    const middle = reports.find(({ proven }) => proven === 1)!
    expect(middle.stepsPerSecond).toBeGreaterThan(0)
    expect(middle.secondsLeft).toBeGreaterThan(0)
    expect(reports.at(-1)).toMatchObject({ phase: 'seal', done: ACCOUNTS, secondsLeft: 0 })
  })

  it('keeps its secret to its owner', () => {
    expect(statSync(path('run.secret')).mode & 0o777).toBe(0o600)
    const secret = readFileSync(path('run.secret'), 'utf8').trim()
    expect(JSON.stringify([stepFiles(), journal(), readFileSync(path('run.json'), 'utf8')])).not.toContain(
      secret,
    )
  })

  // No process is started here: a proof would be noticed as a worker.
  const withoutWorkers = { workerStarted: () => expect.unreachable('a proof was made again') }

  it('is found finished, whatever of its last moments a kill took', async () => {
    const again = await proveBook({ ...request, ...withoutWorkers })
    expect(again).toMatchObject({ stepsFound: ACCOUNTS, stepsProven: 0, sealProven: false })
    expect(again.stepsRoot).toBe(result.stepsRoot)
    // Killed after the file of a step was whole and before its line in the journal.
    const lines = readFileSync(path('journal.jsonl'), 'utf8').trimEnd().split('\n')
    const cut = lines.filter((line) => !line.includes('"index":4,'))
    expect(cut).toHaveLength(lines.length - 1)
    writeFileSync(path('journal.jsonl'), `${cut.join('\n')}\n`)
    expect(await proveBook({ ...request, ...withoutWorkers })).toMatchObject({ stepsFound: ACCOUNTS })
    expect(journaled().filter((index) => index === 4)).toHaveLength(1)
  })

  it('proves a harmed or borrowed step again, and only that one', async () => {
    const started: number[] = []
    const step3 = JSON.parse(readFileSync(path('steps', '0000003.json'), 'utf8'))
    const step2 = JSON.parse(readFileSync(path('steps', '0000002.json'), 'utf8'))
    writeFileSync(path('steps', '0000003.json'), JSON.stringify({ ...step3, proof: step2.proof }))
    const again = await proveBook({ ...request, workers: 1, workerStarted: (pid) => started.push(pid) })
    expect(again).toMatchObject({ stepsFound: ACCOUNTS - 1, stepsProven: 1, sealProven: false })
    expect(started).toHaveLength(1)
    const { chainIn, chainOut, proof } = again.readStep(3)
    const { bookRoot, riskRoot, parameters, context } = again.seal.signals
    const shown = [bookRoot, riskRoot, parameters, 0n, 0n, chainIn, chainOut, context]
    expect(verifyProof(request.artifacts.step.verificationKey, shown, proof)).toBe(true)
  })

  it('seals the same chain under another policy without a new step', async () => {
    const open = await proveBook({ ...request, policy: 'aggregates', workers: 1 })
    expect(open).toMatchObject({ stepsProven: 0, sealProven: true })
    expect(open.seal.signals).toMatchObject({ policy: 1n, chainLast: result.seal.signals.chainLast })
    const { verificationKey } = request.artifacts.seal
    expect(verifyProof(verificationKey, sealSignalsToArray(open.seal.signals), open.seal.proof)).toBe(true)
  })

  it('refuses another epoch in its folder, and says what differs', async () => {
    await expect(proveBook({ ...request, context: 1n })).rejects.toThrow(
      /the run of another epoch \(context\)/,
    )
    const ledger = [{ instrumentId: 1, lots: 5n }]
    await expect(proveBook({ ...request, ledger })).rejects.toThrow(/another epoch \(ledger\)/)
    const book = Book.from(request.book.accounts.slice(0, 7), hasher, request.instance)
    await expect(proveBook({ ...request, book })).rejects.toThrow(/\(book root, number of accounts\)/)
    const round = { ...request.round, parameters: request.round.parameters + 1n }
    await expect(proveBook({ ...request, round })).rejects.toThrow(/\(margin parameters\)/)
  })
})

describe('a book that has no proof', () => {
  const other = () => ({ ...request, folder: mkdtempSync(join(folder, '..', 'bad-')), workers: 1 })
  const none = { workerStarted: () => expect.unreachable('something was proven') }

  it('is refused before the first proof, with the account and the reason', async () => {
    const accounts = request.book.accounts.map((account, index) =>
      index === 5 ? { ...account, positions: [{ id: 63, quantityLots: 1n }] } : account,
    )
    const book = Book.from(accounts, hasher, request.instance)
    const failure = await proveBook({ ...other(), ...none, book }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AccountError)
    expect(failure).toMatchObject({ index: 5, code: 'WITNESS_INVALID' })
    expect(String(failure)).toMatch(/account at index 5: .*no instrument has the id 63/)
  })

  it('is refused before the first proof, with the rule of the seal', async () => {
    const short = { ...other(), ...none, reservesNano: request.reservesNano - 1n }
    await expect(proveBook(short)).rejects.toThrow(/the venue is not solvent \(rule 6\)/)
    const accounts = request.book.accounts.slice(0, 7)
    const book = Book.from(accounts, hasher, request.instance)
    await expect(proveBook({ ...other(), ...none, book })).rejects.toThrow(
      /instrument 12 does not net to zero/,
    )
  })

  it('stops when its workers die more often than they are replaced', async () => {
    const started: number[] = []
    const dying = {
      ...other(),
      maxRestarts: 2,
      workerStarted: (pid: number) => {
        started.push(pid)
        process.kill(pid, 'SIGKILL')
      },
    }
    await expect(proveBook(dying)).rejects.toThrow(/SIGKILL, and 2 were replaced already/)
    expect(started).toHaveLength(3)
  })
})
