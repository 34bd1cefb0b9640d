import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPackage, PACKAGE_FOLDER } from '../../scripts/package/build.ts'
import { parseProofFile } from '../../src/bundle/claim/proof-file.ts'
import { buildContracts } from '../../src/chain/build.ts'
import { CONTRACT_AT } from '../../src/chain/contract-names.ts'
import { deployContract } from '../../src/chain/deploy.ts'
import { writeDeployment } from '../../src/chain/deployment-file.ts'
import { startLocalChain } from '../../src/chain/local-chain.ts'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { BOOK, MARKET, OWNERS, SECRETS, startWorld, type World } from './world.ts'

/** A project of somebody else, into which the package was put; its programs run in plain Node, without any loader. */
let project: string
let world: World
const run = promisify(execFile)

const node = async (program: string, args: readonly string[], environment: Record<string, string> = {}) =>
  (
    await run(process.execPath, [program, ...args], {
      cwd: project,
      env: { PATH: process.env.PATH ?? '', ...environment },
    })
  ).stdout
const example = (name: string) => {
  const path = join(project, name)
  writeFileSync(path, readFileSync(join(REPOSITORY_ROOT, 'scripts', 'examples', name)))
  return path
}
const file = (name: string, content: object) => {
  writeFileSync(join(project, name), JSON.stringify(content))
  return name
}

beforeAll(async () => {
  const [started] = await Promise.all([startWorld({ TACIT_PROVERS: '1' }), buildPackage()])
  world = started
  project = mkdtempSync(join(tmpdir(), 'tacit-consumer-'))
  mkdirSync(join(project, 'node_modules'))
  symlinkSync(REPOSITORY_ROOT, join(project, 'node_modules', 'tacit'))
  symlinkSync(join(REPOSITORY_ROOT, 'node_modules', 'ethers'), join(project, 'node_modules', 'ethers'))
})
afterAll(async () => {
  await world?.close()
  rmSync(project, { recursive: true, force: true })
})

describe('tacit/client in a program of somebody else', () => {
  it('is one module without imports, of three names', async () => {
    const text = readFileSync(join(PACKAGE_FOLDER, 'client.js'), 'utf8')
    expect(text).not.toMatch(/^import|\brequire\(|\bprocess\./m)
    expect(text).toMatch(/export \{\s+ServiceError,\s+TacitClient,\s+signInMessage\s+\};/)
  })

  it('proves an account from a market and a book, and gives the same proof when asked again', async () => {
    const args = [world.service.url, file('market.json', MARKET), file('book.json', BOOK), '90001']
    const first = await node(example('attest.mjs'), args, { TACIT_TOKEN: world.tokens.venue })
    const { statement } = parseProofFile({ name: 'proof', text: first })
    expect(statement).toBe('equity is at or above its maintenance margin (MM)')
    expect(await node(example('attest.mjs'), args, { TACIT_TOKEN: world.tokens.venue })).toBe(first)
  })

  it('says which field is at fault', async () => {
    const args = [world.service.url, 'market.json', 'book.json', '-1']
    const failed = await node(example('attest.mjs'), args, { TACIT_TOKEN: world.tokens.venue }).catch(
      (e) => e,
    )
    expect(failed).toMatchObject({ code: 2 })
    expect(failed.stderr).toMatch(/^body\.account: /m)
  })

  it('reads an owner’s own openings', async () => {
    const text = await node(example('receipts.mjs'), [world.service.url], {
      OWNER_KEY: OWNERS[2]!.privateKey,
    })
    const receipt = JSON.parse(text)
    expect(receipt).toMatchObject({ format: 'tacit.receipt', account: { accountId: 90_003 } })
    expect(BigInt(receipt.account.secret)).toBe(BigInt(SECRETS[2]!))
  })
})

describe('tacit/contracts in a program of somebody else', () => {
  it('reads a deployment and asks its contracts', async () => {
    const chain = await startLocalChain()
    try {
      const deployer = chain.signer(0)
      const admin = await deployer.getAddress()
      const { RiskOracle, BookRegistry } = await buildContracts()
      const oracle = await deployContract(RiskOracle!, [admin, [admin], 1, 3_600], deployer)
      const registry = await deployContract(BookRegistry!, [admin, admin], deployer)
      const nowhere = Object.fromEntries(Object.keys(CONTRACT_AT).map((place) => [place, oracle]))
      const verifiers = { lot: oracle, transfer: oracle, adjust: oracle, kept: oracle }
      const text = writeDeployment({
        deployment: {
          ...nowhere,
          verifiers,
          venue: admin,
          chainId: 31_337n,
          unitsPerLot: 1n,
          oracle,
          registry,
        } as never,
        fromBlock: 0,
        venueKey: undefined,
      })
      writeFileSync(join(project, 'deployment.json'), text)
      const answer = await node(example('chain.mjs'), ['deployment.json', chain.url])
      expect(JSON.parse(answer)).toEqual({ round: '0', head: '0', sealed: '0' })
    } finally {
      await chain.close()
    }
  })

  it('has the very ABIs that the contracts are deployed with', async () => {
    const [{ abis }, artifacts] = await Promise.all([
      import(join(PACKAGE_FOLDER, 'contracts.js')) as Promise<{ abis: Record<string, unknown> }>,
      buildContracts(),
    ])
    expect(Object.keys(abis)).toEqual(expect.arrayContaining(['ChallengeableOracle', 'IERC20Metadata']))
    for (const [name, abi] of Object.entries(abis)) {
      if (artifacts[name] !== undefined) expect(abi, name).toEqual(artifacts[name].abi)
    }
  })
})

describe('their types', () => {
  it('say what an order needs, what an answer holds, and what a contract has', async () => {
    writeFileSync(
      join(project, 'consumer.ts'),
      `import { TacitClient, type Job } from 'tacit/client'
import { abis, contractsOf, readDeployment, riskOracleAbi } from 'tacit/contracts'
const client = new TacitClient({ url: 'http://localhost' })
export const job: Promise<Job> = client.attest({ riskRoot: '0x', bookRoot: '0x', account: 1, threshold: 'mm' })
// @ts-expect-error no such threshold
client.attest({ riskRoot: '0x', bookRoot: '0x', account: 1, threshold: 'margin' })
// @ts-expect-error no such field
job.then(({ nonsense }) => nonsense)
type Named<Abi extends readonly { readonly type: string }[]> = Extract<Abi[number], { name: string }>['name']
export const known: Named<typeof riskOracleAbi> = 'latestSequence'
// @ts-expect-error no such function
export const unknown: Named<typeof riskOracleAbi> = 'latestSequenc'
const { oracle, verifiers } = contractsOf(readDeployment({ name: 'x', text: '{}' }))
export const at: \`0x\${string}\`[] = [oracle.address, verifiers.lot.address]
export const same: typeof abis.RiskOracle = oracle.abi
`,
    )
    const tsc = join(REPOSITORY_ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    const compilerOptions = {
      noEmit: true,
      strict: true,
      target: 'es2022',
      module: 'nodenext',
      types: [],
      lib: ['es2023', 'dom'],
    }
    file('tsconfig.json', { compilerOptions, include: ['consumer.ts'] })
    const checked = await node(tsc, []).catch((error) => error.stdout)
    expect(checked).toBe('')
    // The type of every ABI is a large one, and others may compute at the same time.
  }, 240_000)
})
