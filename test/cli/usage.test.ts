import { describe, expect, it } from 'vitest'
import { lastJson, tacit } from './support.ts'

const COMMANDS = [
  ['demo'],
  ['matrix'],
  ['margin'],
  ['attest'],
  ['trigger'],
  ['verify'],
  ['receipt'],
  ['check-receipt'],
  ['report'],
  ['setup'],
  ['ceremony'],
  ['ceremony', 'new'],
  ['ceremony', 'contribute'],
  ['ceremony', 'beacon'],
  ['ceremony', 'verify'],
  ['ceremony', 'finish'],
  ['keeper'],
  ['liquidator'],
  ['liquidator', 'register'],
  ['liquidator', 'list'],
  ['liquidator', 'open'],
  ['liquidator', 'bid'],
  ['liquidator', 'reveal'],
  ['liquidator', 'take'],
  ['liquidator', 'refund'],
  ['cases'],
  ['oracle'],
  ['oracle', 'deploy'],
  ['oracle', 'sample'],
  ['solvency'],
  ['epoch'],
  ['epoch', 'designate'],
  ['epoch', 'post'],
  ['epoch', 'status'],
  ['epoch', 'tags'],
  ['epoch', 'demand'],
  ['epoch', 'answer'],
  ['epoch', 'finalize'],
  ['epoch', 'reject'],
  ['epoch', 'reclaim'],
  ['epoch', 'withdraw'],
]
/** They hold others and take no options of their own. */
const GROUPS = ['ceremony', 'liquidator', 'epoch', 'oracle']

describe.each(COMMANDS.map((words) => words.join(' ')))('tacit %s', (words) => {
  const command = words.split(' ')

  it('has a help with an example and the exit codes', async () => {
    const { code, stdout, stderr } = await tacit(...command, '--help')
    expect(code).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toContain(`Usage: tacit ${command.join(' ')}`)
    expect(stdout).toMatch(/Examples:\n {2}\$ npm run tacit -- /)
    expect(stdout).toMatch(/Exit codes:\n {2}0 {2}done\n {2}1 .*\n {2}2 .*\n {2}3 .*\n {2}4 /)
    if (!GROUPS.includes(command.join())) expect(stdout).toContain('--json')
    for (const line of stdout.split('\n')) {
      if (!line.trim().startsWith('$')) expect(line.length).toBeLessThanOrEqual(120)
    }
  })
})

describe('usage', () => {
  it('lists every command in the help of the whole', async () => {
    const { code, stdout } = await tacit('--help')
    expect(code).toBe(0)
    for (const [name] of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'))
  })

  it.each([
    [['nonsense']],
    [['matrix', '--nonsense']],
    [['matrix', 'surplus']],
    [['margin', '--instance', 'margin-5']],
    [['margin', '--seed', '-1']],
    [['margin', '--seed', '4294967296']],
    [['attest']],
    [['attest', '--account', '1', '--threshold', 'half']],
    [['attest', '--account', '1', '--chain-id', '0x1']],
    [['verify']],
    [['receipt', '--account', '1']],
    [['check-receipt', 'receipt.json']],
    [['ceremony', 'new', '--out', 'x']],
    [['keeper', '--deployment', 'x']],
    [['keeper', '--deployment', 'x', '--key', 'k', '--book', 'b', '--rounds', 'r', '--every', '0']],
    [['cases']],
    [['liquidator', 'reveal', '--deployment', 'x', '--key', 'k', '--disclosure-key', 'd', '--case', '0x1']],
    [['liquidator', 'take', '--deployment', 'x', '--key', 'k', '--disclosure-key', 'd', '--sub', 'z']],
  ])('of %j is refused with exit code 2', async (argv) => {
    const ran = await tacit(...argv)
    expect(ran.code).toBe(2)
    expect(ran.stdout).toBe('')
    expect(ran.stderr).toMatch(/^error: /)
    const machine = await tacit(...argv, '--json')
    expect(machine.code).toBe(2)
    expect(lastJson(machine)).toMatchObject({ error: { code: 'USAGE' }, exitCode: 2 })
  })

  it('without a command shows the help and exits with 2', async () => {
    const { code, stderr } = await tacit()
    expect(code).toBe(2)
    expect(stderr).toContain('Usage: tacit')
  })
})
