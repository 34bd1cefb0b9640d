import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hex32, shortenNumbers, usd, wholeUsd, wrapped } from '../../src/cli/format.ts'
import { Output, toJson } from '../../src/cli/output.ts'
import { cut, pairsText, tableText } from '../../src/cli/table.ts'

function recorded(live: boolean, json = false) {
  const texts = { stdout: '', stderr: '' }
  const io = {
    stdout: (text: string) => {
      texts.stdout += text
    },
    stderr: (text: string) => {
      texts.stderr += text
    },
    live,
    colour: true,
    environment: {},
  }
  return { texts, out: new Output(io, json) }
}

describe('progress', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'setTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const slow = (out: Output, milliseconds: number) => {
    const done = out.task('proving', async (update) => {
      update('half')
      await new Promise((resolve) => setTimeout(resolve, milliseconds))
    })
    return vi.advanceTimersByTimeAsync(milliseconds).then(() => done)
  }

  it('says nothing of what takes less than two seconds', async () => {
    const { texts, out } = recorded(false)
    await slow(out, 1_900)
    expect(texts.stderr).toBe('')
  })

  it('prints plain lines where there is no terminal', async () => {
    const { texts, out } = recorded(false)
    await slow(out, 25_000)
    const lines = texts.stderr.trimEnd().split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[0]).toMatch(/^proving \.\.\. half, 2\.\d s$/)
    expect(lines[3]).toBe('proving: 25.0 s')
    expect(texts.stderr).not.toContain('\r')
  })

  it('updates a single line on a terminal', async () => {
    const { texts, out } = recorded(true)
    await slow(out, 4_000)
    expect(texts.stderr.split('\r').length).toBeGreaterThan(5)
    expect(texts.stderr.match(/\n/g)).toHaveLength(1)
    expect(texts.stderr).toMatch(/proving: 4\.0 s\n$/)
    expect(texts.stdout).toBe('')
  })

  it('ends when the work fails', async () => {
    const { texts, out } = recorded(false)
    const failing = out.task('proving', async () => {
      await new Promise((resolve) => setTimeout(resolve, 3_000))
      throw new Error('no')
    })
    const expectation = expect(failing).rejects.toThrow('no')
    await vi.advanceTimersByTimeAsync(3_000)
    await expectation
    const said = texts.stderr
    await vi.advanceTimersByTimeAsync(20_000)
    expect(texts.stderr).toBe(said)
  })
})

describe('output', () => {
  it('keeps stdout to one line of JSON for machines', () => {
    const { texts, out } = recorded(false, true)
    out.print('for people')
    out.notice('a warning')
    out.result({ amount: 12345678901234567890n })
    expect(texts).toEqual({ stdout: '{"amount":"12345678901234567890"}\n', stderr: 'a warning\n' })
    expect(out.colour).toBe(false)
  })

  it('prints no JSON for people', () => {
    const { texts, out } = recorded(false)
    out.print('for people')
    out.result({ amount: 1n })
    expect(texts.stdout).toBe('for people\n')
  })

  it('writes integers as decimal texts', () => {
    expect(toJson({ a: [1n, -2n], b: 3 })).toBe('{"a":["1","-2"],"b":3}')
  })
})

describe('format', () => {
  it('rounds dollars the way it is asked to', () => {
    expect(wholeUsd(1_234_567_500_000_000n)).toBe('1,234,568')
    expect(wholeUsd(1_999_999_999n, 'down')).toBe('1')
    expect(wholeUsd(1_000_000_001n, 'up')).toBe('2')
    expect(wholeUsd(-1_000_000_001n, 'down')).toBe('-2')
    expect(wholeUsd(-1_999_999_999n, 'up')).toBe('-1')
    expect(wholeUsd(5_000_000_000_000n, 'up', 1_000n)).toBe('5')
    expect(usd(1_234_567_894_999_999n)).toBe('1,234,567.89')
    expect(usd(-500_000_000n)).toBe('-0.50')
    expect(usd(0n)).toBe('0.00')
  })

  it('shortens what nobody reads', () => {
    expect(shortenNumbers(`root ${'7'.repeat(40)} of 12345`)).toBe('root 777777...7777 of 12345')
    expect(hex32(255n)).toBe(`0x${'0'.repeat(62)}ff`)
    expect(cut('abcdefgh', 6)).toBe('abcd..')
    expect(cut('abcdef', 6)).toBe('abcdef')
    expect(wrapped('one two three', 2, 9)).toBe('  one two\n  three')
  })

  it('aligns tables, colours not counted', () => {
    const rows = [
      ['\x1b[31mred\x1b[0m', '1'],
      ['plain', '22'],
    ]
    const lines = tableText([{ head: 'name' }, { head: 'n', align: 'right' }], rows, 1).split('\n')
    expect(lines).toEqual([' name    n', ' -----  --', ' \x1b[31mred\x1b[0m     1', ' plain  22'])
    expect(
      pairsText([
        ['a', 'x'],
        ['long', 'y'],
      ]),
    ).toBe('a     x\nlong  y')
  })
})
