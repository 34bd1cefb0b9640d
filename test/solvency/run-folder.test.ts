import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FIELD_MODULUS } from '../../src/protocol/field.ts'
import type { PassHeader } from '../../src/prover/book-pass/header.ts'
import type { ProvenStep } from '../../src/prover/book-pass/request.ts'
import { RunFolder } from '../../src/prover/book-pass/run-folder.ts'

const HEADER: PassHeader = {
  format: 'tacit.book-pass',
  version: 1,
  instance: 'margin-4',
  bookRoot: '1',
  count: 3,
  riskRoot: '2',
  parameters: '3',
  ledger: ['4', '0', '0'],
  context: '5',
  stepKey: 'ab',
}
const LINKS = [0, 1, 2].map((index) => ({ index, chainIn: BigInt(10 + index), chainOut: BigInt(11 + index) }))
const PROOF = { pi_a: ['1'], pi_b: [['2']], pi_c: ['3'], protocol: 'groth16', curve: 'bn128' }
const step = (index: number): ProvenStep => ({ ...LINKS[index]!, proof: PROOF })

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tacit-run-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Opens the run, works on it, closes it. */
function inRun<T>(work: (run: RunFolder) => T, header = HEADER): T {
  const run = RunFolder.open(folder, header)
  try {
    return work(run)
  } finally {
    run.close()
  }
}
const finished = () => inRun((run) => [...run.journaledSteps(LINKS)].sort())
const journal = () => join(folder, 'journal.jsonl')

describe('the blinds of a run', () => {
  it('are the same after a restart, different from state to state and from run to run', () => {
    const blinds = inRun((run) => [0, 1, 2].map((count) => run.blindAt(count)))
    expect(new Set(blinds).size).toBe(3)
    expect(blinds.every((blind) => blind >= 0n && blind < FIELD_MODULUS)).toBe(true)
    expect(inRun((run) => run.blindAt(1))).toBe(blinds[1])
    // The same secret under another header.
    rmSync(join(folder, 'run.json'))
    expect(inRun((run) => run.blindAt(1), { ...HEADER, context: '6' })).not.toBe(blinds[1])
  })

  it('cannot be found again without the secret: the run is refused, not begun anew', () => {
    inRun((run) => run.saveStep(step(0)))
    rmSync(join(folder, 'run.secret'))
    expect(() => inRun(() => 0)).toThrow(/run.secret: is missing/)
    expect(existsSync(join(folder, 'run.secret'))).toBe(false)
    writeFileSync(join(folder, 'run.secret'), 'abc')
    expect(() => inRun(() => 0)).toThrow(/no secret of a run/)
  })

  it('survive a kill between the secret and the header', () => {
    const blind = inRun((run) => run.blindAt(0))
    rmSync(join(folder, 'run.json'))
    expect(inRun((run) => run.blindAt(0))).toBe(blind)
  })
})

describe('the journal', () => {
  it('knows finished proofs after a restart, in any order', () => {
    inRun((run) => {
      run.saveStep(step(2))
      run.saveStep(step(0))
    })
    expect(finished()).toEqual([0, 2])
    expect(inRun((run) => run.readStep(2))).toEqual(step(2))
  })

  it('drops a torn last line, wherever it was torn, and goes on behind the last whole one', () => {
    inRun((run) => run.saveStep(step(0)))
    const whole = readFileSync(journal(), 'utf8')
    inRun((run) => run.saveStep(step(1)))
    const next = readFileSync(journal(), 'utf8').slice(whole.length)
    for (let length = 1; length < next.length; length += 7) {
      writeFileSync(journal(), whole + next.slice(0, length))
      expect(finished()).toEqual([0])
      expect(readFileSync(journal(), 'utf8')).toBe(whole)
    }
    // The whole line but for its end, too.
    writeFileSync(journal(), whole + next.slice(0, -1))
    inRun((run) => run.saveStep(step(2)))
    expect(finished()).toEqual([0, 2])
  })

  it('is refused when an earlier line is damaged or of another run', () => {
    inRun((run) => run.saveStep(step(0)))
    const line = readFileSync(journal(), 'utf8')
    writeFileSync(journal(), `{"kind":"st\n${line}`)
    expect(finished).toThrow(/row 1: this line of the journal is damaged/)
    writeFileSync(journal(), line + line.replace('"chainOut":"11"', '"chainOut":"12"'))
    expect(finished).toThrow(/row 2: names a step that is not of this run/)
    writeFileSync(journal(), line.replace('"index":0', '"index":9'))
    expect(finished).toThrow(/not of this run/)
  })

  it('counts no proof whose file is gone or changed', () => {
    inRun((run) => {
      run.saveStep(step(0))
      run.saveStep(step(1))
    })
    rmSync(join(folder, 'steps', '0000000.json'))
    writeFileSync(join(folder, 'steps', '0000001.json'), '{}')
    expect(finished()).toEqual([])
    expect(inRun((run) => run.unjournaledStep(LINKS[1]!))).toBeUndefined()
  })

  it('gives a seal to exactly its own statement', () => {
    inRun((run) => run.saveSeal({ signals: [1n, 2n], proof: PROOF }))
    expect(inRun((run) => run.finishedSeal([1n, 2n]))?.proof).toEqual(PROOF)
    expect(inRun((run) => run.finishedSeal([1n, 3n]))).toBeUndefined()
    writeFileSync(join(folder, 'seal.json'), '{}')
    expect(inRun((run) => run.finishedSeal([1n, 2n]))).toBeUndefined()
  })
})

describe('the folder', () => {
  it('belongs to one header', () => {
    inRun(() => 0)
    const other = { ...HEADER, riskRoot: '7', stepKey: 'cd' }
    expect(() => inRun(() => 0, other)).toThrow(/another epoch \(risk root, proving key\)/)
    writeFileSync(join(folder, 'run.json'), '{')
    expect(() => inRun(() => 0)).toThrow(/run.json: is damaged/)
  })

  it('belongs to one process at a time, and is taken over from a dead one', () => {
    const run = RunFolder.open(folder, HEADER)
    expect(() => RunFolder.open(folder, HEADER)).toThrow(/is at work in this folder/)
    run.close()
    expect(existsSync(join(folder, 'run.lock'))).toBe(false)
    const dead = spawnSync(process.execPath, ['-e', '']).pid
    writeFileSync(join(folder, 'run.lock'), `${dead}\n`)
    expect(finished()).toEqual([])
  })

  it('is refused where nothing can be made', () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    expect(() => RunFolder.open(join(file, 'run'), HEADER)).toThrow(/cannot be made or written/)
  })
})
