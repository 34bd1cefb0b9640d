import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Desk, lastJson, type Ran, SMALL_MARKET, tacit } from './support.ts'

/** Real proofs of the small instance, from one end to the other. Keys come from the shared cache. */
const desk = new Desk()
const small = ['--instance', 'margin-4']
const BENEFICIARY = '0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0'
const context = (chainId: string) => [
  '--chain-id',
  chainId,
  '--attestor',
  BENEFICIARY,
  '--beneficiary',
  BENEFICIARY,
]
let attested: Ran

beforeAll(async () => {
  attested = await tacit('attest', ...small, '--account', 'vertical spread', '--out', desk.path('proof.json'))
})
afterAll(() => desk.clear())

// biome-ignore lint/suspicious/noExplicitAny: tests break the file in ways that its type forbids
type Loose = any

/** The proof file with one change. */
function changed(name: string, change: (file: Loose) => void): string {
  const file = proofFile()
  change(file)
  return desk.write(name, JSON.stringify(file))
}

function proofFile(): Loose {
  return JSON.parse(desk.read('proof.json'))
}

describe('tacit attest', () => {
  it('writes a proof that names no account', () => {
    expect(attested.code).toBe(0)
    expect(attested.stderr).toContain('DEVELOPMENT KEYS')
    expect(attested.stderr).toContain('OFFLINE CONTEXT')
    expect(attested.stdout).toContain('equity is at or above its initial margin (IM)')
    const text = desk.read('proof.json')
    expect(JSON.parse(text)).toMatchObject({
      format: 'tacit.proof',
      version: 1,
      instance: 'margin-4',
      context: null,
      keys: { kind: 'development', notice: expect.stringContaining('DEVELOPMENT KEYS') },
      signals: { claim: '8', chainIn: '0', chainOut: '0', context: '0' },
    })
    for (const secret of ['vertical', 'account', 'owner', 'position', 'secret'])
      expect(text).not.toContain(secret)
  })

  it('refuses a false claim before anything is proven', async () => {
    const ran = await tacit(
      'attest',
      ...small,
      '--account',
      '1004',
      '--out',
      desk.path('false.json'),
      '--json',
    )
    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(
      /^tacit: WITNESS_INVALID: the claim is false: account 1004 .* USD, which is below/m,
    )
    expect(ran.stderr).not.toContain('KEYS')
    expect(lastJson(ran)).toMatchObject({ error: { code: 'WITNESS_INVALID' }, exitCode: 1 })
    const trigger = await tacit(
      'trigger',
      ...small,
      '--account',
      'vertical spread',
      '--out',
      desk.path('false.json'),
    )
    expect(trigger.code).toBe(1)
    expect(trigger.stderr).toContain('which is not below its maintenance margin (MM) of')
    expect(desk.has('false.json')).toBe(false)
  })

  it('refuses development keys for a chain that is not local', async () => {
    const argv = [
      'attest',
      ...small,
      '--account',
      '1006',
      '--out',
      desk.path('foreign.json'),
      ...context('1'),
    ]
    const ran = await tacit(...argv)
    expect(ran.code).toBe(4)
    expect(ran.stderr).toContain(
      'tacit: SETUP_REFUSED: the development key of margin-4 is refused on chain 1',
    )
    expect(desk.has('foreign.json')).toBe(false)
  })
})

describe('tacit trigger', () => {
  it('proves for one chain, contract and beneficiary, and verify says so', async () => {
    const out = desk.path('trigger.json')
    const ran = await tacit(
      'trigger',
      ...small,
      '--account',
      '1004',
      '--out',
      out,
      '--json',
      ...context('31337'),
    )
    expect(ran.code).toBe(0)
    expect(lastJson(ran)).toMatchObject({ signals: { claim: '5' }, context: { chainId: '31337' }, out })
    const checked = await tacit('verify', out)
    expect(checked.code).toBe(0)
    expect(checked.stdout).toContain(`good for ${BENEFICIARY} at contract ${BENEFICIARY} on chain 31337 only`)
    expect(checked.stdout).toContain('equity is below its maintenance margin (MM)')
    const file = JSON.parse(desk.read('trigger.json'))
    file.context.beneficiary = `0x${'11'.repeat(20)}`
    const copied = await tacit('verify', desk.write('copied.json', JSON.stringify(file)))
    expect(copied.code).toBe(1)
    expect(copied.stdout).toMatch(/context +NO/)
  })
})

describe('tacit verify', () => {
  it('says what is proven, and that the key is no production key', async () => {
    const ran = await tacit('verify', desk.path('proof.json'))
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/^VALID\n/)
    expect(ran.stdout).toContain('This key is NOT a production key')
    expect(ran.stderr).toContain('DEVELOPMENT KEYS')
    expect(ran.stdout.replaceAll(/\s+/g, ' ')).toContain('Nothing else about it is shown')
  })

  it('recomputes the risk root', async () => {
    const market = desk.write('market.json', SMALL_MARKET())
    const same = await tacit('verify', desk.path('proof.json'), '--market', market, '--json')
    expect(same.code).toBe(0)
    expect(lastJson(same).checks).toContainEqual(expect.objectContaining({ name: 'risk root', ok: true }))
    const other = await tacit('verify', desk.path('proof.json'), '--sample', '--seed', '2')
    expect(other.code).toBe(1)
    expect(other.stdout).toMatch(/NOT VALID[\s\S]*risk root +NO .*ANOTHER root/)
    expect(other.stdout).toMatch(/configuration +yes/)
  })

  it.each([
    ['the claim', 'proof', (file: Loose) => (file.signals.claim = '9')],
    ['the tag', 'proof', (file: Loose) => (file.signals.tag = (BigInt(file.signals.tag) ^ 1n).toString())],
    [
      'a coordinate',
      'proof',
      (file: Loose) => (file.proof.pi_c[0] = (BigInt(file.proof.pi_c[0]) ^ 1n).toString()),
    ],
    [
      'a signal by the modulus',
      'proof',
      (file: Loose) => {
        const modulus = 21888242871839275222246405745257275088548364400416034343698204186575808495617n
        file.signals.tag = (BigInt(file.signals.tag) + modulus).toString()
      },
    ],
    ['the risk root beside the signals', 'labels', (file: Loose) => (file.round.riskRoot = '1')],
    ['the statement', 'labels', (file: Loose) => (file.statement = 'equity is a million')],
    ['the context', 'context', (file: Loose) => (file.signals.context = '7')],
    ['the key', 'key', (file: Loose) => (file.verificationKeyHash = `0x${'00'.repeat(32)}`)],
    ['the parameters', 'claim', (file: Loose) => (file.signals.parameters = (1n << 200n).toString())],
  ])('says no, with exit code 1, when %s is changed', async (_, check, change) => {
    const ran = await tacit('verify', changed('changed.json', change), '--json')
    expect(ran.code).toBe(1)
    const { valid, checks } = lastJson(ran)
    expect(valid).toBe(false)
    expect(checks).toContainEqual(expect.objectContaining({ name: check, ok: false }))
  })

  it.each([
    ['a missing signal', (file: Loose) => delete file.signals.tag, /field "signals\.tag"/],
    [
      'a signal that is no integer',
      (file: Loose) => (file.signals.tag = '-1'),
      /field "signals\.tag": must be an integer/,
    ],
    ['an unknown version', (file: Loose) => (file.version = 2), /field "version": must be 1/],
    ['an unknown instance', (file: Loose) => (file.instance = 'margin-5'), /field "instance"/],
    [
      'a field that is none',
      (file: Loose) => (file.comment = 'x'),
      /field "comment": is not a field of this format/,
    ],
    ['a proof of another shape', (file: Loose) => file.proof.pi_b.pop(), /field "proof\.pi_b"/],
  ])('refuses a file with %s as malformed', async (_, change, says) => {
    const ran = await tacit('verify', changed('malformed.json', change))
    expect(ran.code).toBe(2)
    expect(ran.stderr).toMatch(/malformed\.json/)
    expect(ran.stderr).toMatch(says)
  })

  it('refuses a file that is not there', async () => {
    expect((await tacit('verify', desk.path('none.json'))).code).toBe(2)
  })
})

describe('tacit setup', () => {
  it('prints constraints, hashes and provenance', async () => {
    const ran = await tacit('setup', ...small, '--json')
    expect(ran.code).toBe(0)
    expect(lastJson(ran)).toMatchObject({
      instance: 'margin-4',
      constraints: expect.any(Number),
      verificationKeyHash: proofFile().verificationKeyHash,
      provenance: { kind: 'development', seed: 'tacit-development-1' },
    })
  })
})
