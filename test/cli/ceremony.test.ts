import * as snarkjs from 'snarkjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CircuitArtifacts } from '../../src/prover/backend.ts'
import { blake2bOf } from '../../src/prover/powers-of-tau.ts'
import { closeSnarkjs } from '../../src/prover/snarkjs-threads.ts'
import { openWorkshop, type Workshop } from '../prover/toy.ts'
import { Desk, lastJson, tacit } from './support.ts'

/** The whole ceremony on a toy circuit, over powers of tau of its own making: so its keys are test keys. */
const POWER = 5
const desk = new Desk()
let workshop: Workshop
let circuit: CircuitArtifacts
let sources: string[]

beforeAll(async () => {
  workshop = await openWorkshop()
  circuit = await workshop.artifacts('context')
  const curve = await snarkjs.curves.getCurveFromName('bn128')
  await snarkjs.powersOfTau.newAccumulator(curve, POWER, desk.path('pot0.ptau'))
  await snarkjs.powersOfTau.contribute(desk.path('pot0.ptau'), desk.path('pot1.ptau'), 'test', 'entropy')
  await snarkjs.powersOfTau.preparePhase2(desk.path('pot1.ptau'), desk.path('pot.ptau'))
  await closeSnarkjs()
  const hash = await blake2bOf(desk.path('pot.ptau'))
  sources = ['--ptau', desk.path('pot.ptau'), '--r1cs', circuit.r1csPath, '--test-hash', hash]
})
afterAll(async () => {
  await closeSnarkjs()
  await workshop.close()
  desk.clear()
})

const ceremony = (...argv: string[]) => tacit('ceremony', ...argv)
const step = (before: string, after: string) => ['--in', desk.path(before), '--out', desk.path(after)]
const BEACON = ['--beacon', `0x${'0123456789ABCDEF'.repeat(4)}`, '--iterations', '10', '--name', 'block 1']

describe('tacit ceremony', () => {
  it('goes from powers of tau to a folder of keys', async () => {
    const made = await ceremony('new', ...sources, '--out', desk.path('0.zkey'))
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('hand it to the first contributor'),
    })
    const first = await ceremony('contribute', ...step('0.zkey', '1.zkey'), '--name', 'alice', '--json')
    expect(lastJson(first).hash).toMatch(/^[0-9a-f]{128}$/)
    const second = await ceremony(
      'contribute',
      ...step('1.zkey', '2.zkey'),
      '--name',
      'bob',
      '--entropy',
      'dice',
    )
    expect(second.stdout).toMatch(/publish the hash of your contribution:\n[0-9a-f]{128}\n/)
    expect((await ceremony('beacon', ...step('2.zkey', '3.zkey'), ...BEACON)).code).toBe(0)
    const verified = await ceremony('verify', ...sources, '--in', desk.path('3.zkey'), '--json')
    expect(verified.code).toBe(0)
    expect(lastJson(verified)).toMatchObject({ valid: true, transcript: { kind: 'test' } })
    const finished = await ceremony(
      'finish',
      ...sources,
      '--in',
      desk.path('3.zkey'),
      '--out',
      desk.path('keys'),
    )
    expect(finished.code).toBe(0)
    expect(finished.stderr).toContain('TEST KEYS')
    expect(finished.stdout).toMatch(/contribution +alice: [0-9a-f]{32}/)
    const again = await ceremony(
      'finish',
      ...sources,
      '--in',
      desk.path('3.zkey'),
      '--out',
      desk.path('keys'),
    )
    expect(again.code).toBe(4)
    expect(again.stderr).toMatch(/SETUP_INVALID: .*must not exist yet/)
  })

  it('says no, with exit code 1, to a key without a beacon or contributions', async () => {
    for (const [key, why] of [
      ['0.zkey', /delta equals its gamma/],
      ['2.zkey', /0 beacons/],
    ] as const) {
      const ran = await ceremony('verify', ...sources, '--in', desk.path(key))
      expect(ran.code).toBe(1)
      expect(ran.stdout).toMatch(/^NOT VALID: /)
      expect(ran.stdout).toMatch(why)
    }
  })

  it('refuses powers of tau that nobody published, unless they are allowed as a test', async () => {
    const ran = await ceremony('new', ...sources.slice(0, 4), '--out', desk.path('never.zkey'))
    expect(ran.code).toBe(4)
    expect(ran.stderr).toMatch(/SETUP_REFUSED: .*is not a published powers-of-tau file/)
    expect(desk.has('never.zkey')).toBe(false)
  })

  it('refuses bad input before it works', async () => {
    const missing = await ceremony(
      'contribute',
      '--in',
      desk.path('none'),
      '--out',
      desk.path('x'),
      '--name',
      'a',
    )
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('none: cannot be read') })
    const same = await ceremony('contribute', ...step('1.zkey', '1.zkey'), '--name', 'a')
    expect(same).toMatchObject({ code: 2, stderr: expect.stringContaining('must be another file than --in') })
    const short = await ceremony('beacon', ...step('2.zkey', 'x'), '--name', 'b', '--beacon', 'abcd')
    expect(short).toMatchObject({ code: 2, stderr: expect.stringContaining('32 to 255 bytes') })
    const over = await ceremony('contribute', ...step('3.zkey', 'x'), '--name', 'late')
    expect(over).toMatchObject({ code: 4, stderr: expect.stringContaining('the ceremony is over') })
    expect(desk.has('x')).toBe(false)
  })

  it('does not give the keys of one circuit to another', async () => {
    const ran = await tacit('setup', '--instance', 'margin-4', '--keys', desk.path('keys'))
    expect(ran.code).toBe(4)
    expect(ran.stderr).toContain('made for another constraint system')
  })
})
