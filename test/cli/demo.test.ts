import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { lastJson, type Ran, tacit } from './support.ts'

/** The demo with the small instance: a real chain, real contracts, real proofs. */
const ROOT = new URL('../../', import.meta.url).pathname

let ran: Ran
beforeAll(async () => {
  ran = await tacit('demo', '--instance', 'margin-4', '--json')
}, 400_000)

describe('tacit demo --json', () => {
  it('ends with exit code 0 and one line of JSON on stdout', () => {
    expect(ran.stderr).not.toMatch(/tacit: /)
    expect(ran.code).toBe(0)
    expect(ran.stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(lastJson(ran)).toMatchObject({
      instance: 'margin-4',
      constraints: expect.any(Number),
      keys: 'development',
      timings: { total: expect.any(Number) },
    })
    expect(lastJson(ran).accounts).toHaveLength(23)
  })

  it('attests a healthy account and triggers a distressed one', () => {
    const { attested, triggered, accounts, coveredAfterwards } = lastJson(ran)
    const tierOf = (id: number) =>
      accounts.find(({ accountId }: { accountId: number }) => accountId === id).tier
    expect(tierOf(attested.accountId)).toBe('healthy')
    expect(tierOf(triggered.accountId)).toBe('fullLiquidation')
    for (const sent of [attested, triggered]) {
      expect(sent.transaction).toMatch(/^0x[0-9a-f]{64}$/)
      expect(sent.gas).toBeGreaterThan(200_000)
      expect(sent.gas).toBeLessThanOrEqual(320_000)
      expect(sent.reason).toMatch(/^equity of .* USD is /)
      expect(sent.onChain).toBe(true)
    }
    expect(coveredAfterwards).toBe(false)
  })

  it('shows each refusal with its named error, on a transaction that was mined', () => {
    const { refused } = lastJson(ran)
    expect(refused.map(({ kind, rule }: { kind: string; rule: string }) => [kind, rule])).toEqual([
      ['forged', 'InvalidProof'],
      ['forged', 'CurveOperationFailed'],
      ['copied', 'ContextMismatch'],
      ['replayed', 'AlreadyRecorded'],
      ['stale', 'RoundStale'],
      ['stale', 'RoundNotRecent'],
      ['stale', 'BookRootSuperseded'],
    ])
    const transactions = refused.map(({ transaction }: { transaction: string }) => transaction)
    expect(new Set(transactions).size).toBe(refused.length)
    for (const { transaction, gas, reason } of refused) {
      expect(transaction).toMatch(/^0x[0-9a-f]{64}$/)
      expect(gas).toBeGreaterThan(21_000)
      expect(reason.length).toBeGreaterThan(20)
    }
  })
})

describe('the liquidations of tacit demo', () => {
  interface Row {
    readonly role: string
    readonly way: string
    readonly winner: string
    readonly ending: string
    readonly escrowLots: string
    readonly feeLots: string
    readonly isAtSoft: boolean
  }
  it('go the four ways', () => {
    const rows = lastJson(ran).liquidation.cases as Row[]
    expect(rows.map(({ role, way, winner, ending }) => [role, way.split(',')[0], winner, ending])).toEqual([
      ['soft', 'soft', 'alice', 'settled'],
      ['sealed', 'sealed', 'alice', 'settled'],
      ['house', 'house', 'clearing house', 'settled'],
      ['deleveraged', 'deleveraging', 'counterparties', 'recovered'],
    ])
    for (const { role, escrowLots, feeLots } of rows) {
      expect(BigInt(escrowLots) > 0n).toBe(role !== 'deleveraged')
      // A hedge in time costs no liquidation fee.
      expect(BigInt(feeLots) > 0n).toBe(role === 'sealed' || role === 'house')
    }
  })

  it('leave whoever was hedged or sold at SOFT or above, after what it paid', () => {
    const rows = lastJson(ran).liquidation.cases as Row[]
    const sold = rows.filter(({ role }) => role !== 'deleveraged')
    expect(sold.map(({ role, isAtSoft }) => [role, isAtSoft])).toEqual([
      ['soft', true],
      ['sealed', true],
      ['house', true],
    ])
  })

  it("are a keeper's work at every step", () => {
    const { steps } = lastJson(ran).liquidation
    const kinds = steps.map(({ kind }: { kind: string }) => kind)
    const count = (kind: string) => kinds.filter((given: string) => given === kind).length
    expect([count('trigger'), count('open'), count('confirm'), count('settle')]).toEqual([4, 4, 4, 3])
    for (const kind of ['absorb', 'deleverage', 'attest', 'cancel', 'workOff']) expect(kinds).toContain(kind)
    expect(kinds).not.toContain('fail')
  })

  it('conserve value to the last lot and token unit', () => {
    const { conservation, flows } = lastJson(ran).liquidation
    expect(conservation).toHaveLength(7)
    for (const { left, right, holds } of conservation) {
      expect(left).toBe(right)
      expect(holds).toBe(true)
    }
    expect(BigInt(flows.escrowInLots)).toBeGreaterThan(0n)
    expect(BigInt(flows.feesOutLots)).toBeGreaterThan(0n)
  })
})

/** The process itself, which is where signals arrive. */
describe.skipIf(process.platform !== 'linux')('an interrupted demo', () => {
  it('closes the chain and ends with 130', async () => {
    const child = spawn(process.execPath, ['bin/tacit.js', 'demo', '--instance', 'margin-4'], { cwd: ROOT })
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
    let stdout = ''
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        stdout += chunk.toString()
        if (stdout.includes('MarginAttestor 0x')) resolve()
      })
      child.once('exit', () => reject(new Error(`the demo ended early:\n${stdout}`)))
    })
    const chain = childrenOf(child.pid!)
    expect(chain).toHaveLength(1)
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    await expect.poll(() => isRunning(chain[0]!)).toBe(false)
    // Seconds, and more where other work shares the machine: circuits and contracts are in the cache by now.
  }, 180_000)
})

/** A process that has ended may stay in the table until somebody asks for its exit code. */
function isRunning(pid: number): boolean {
  const path = `/proc/${pid}/stat`
  return existsSync(path) && !/\) Z /.test(readFileSync(path, 'utf8'))
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}
