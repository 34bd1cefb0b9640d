import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Contract, ZeroHash } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { developmentWallets, type LocalChain, startLocalChain } from '../../src/chain/local-chain.ts'
import { deployOracleAlone } from '../../src/chain/oracle-alone.ts'
import { run } from '../../src/cli/run.ts'
import { MARGIN_INSTANCES } from '../../src/protocol/instances.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'

/** The walk-through of docs/feeders.md, line by line, and what `tacit oracle deploy` refuses. */
const DOCUMENT = resolve(import.meta.dirname, '../../docs/feeders.md')
let chain: LocalChain
let folder: string
let port: number
beforeAll(async () => {
  chain = await startLocalChain()
  folder = mkdtempSync(join(tmpdir(), 'tacit-trial-'))
  port = await freePort()
}, 60_000)
afterAll(async () => {
  await chain?.close()
  rmSync(folder, { recursive: true, force: true })
})

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as { port: number }
      server.close(() => done(free))
    })
  })
}

async function tacit(...args: string[]) {
  let [stdout, stderr] = ['', '']
  const io = {
    stdout: (text: string) => void (stdout += text),
    stderr: (text: string) => void (stderr += text),
    ...{ live: false, colour: false, environment: {} },
  }
  const code = await run(args, io)
  return { code, stdout, stderr }
}

/** The commands of the section, without their program; `0x...`, folder, chain and port are this test's. */
function commandsOf(section: string): string[][] {
  const text = readFileSync(DOCUMENT, 'utf8').split(`## ${section}\n`)[1]!.split('\n## ')[0]!
  return [...text.matchAll(/^ {4}npm run tacit -- (.+)$/gm)].map(([, line]) => line!.split(' '))
}

describe('a newcomer who follows the page', () => {
  it('has an oracle, a feeder that replays a file, a posted round, and a watcher that finds it honest', async () => {
    const [deploy, sample, aggregator, feeder, watch] = commandsOf('Trying it out')
    let oracle = ''
    const mine = (line: readonly string[]) =>
      line
        .map((word) => (word === '0x...' ? oracle : word.replace('build/trial', folder)))
        .map((word) => word.replace('127.0.0.1:8790', `127.0.0.1:${port}`))
    const deployed = await tacit(...mine(deploy!), '--rpc', chain.url)
    expect(deployed).toMatchObject({ code: 0, stderr: expect.stringMatching(/which everybody has/) })
    oracle = /^oracle (0x[0-9a-fA-F]{40}) on chain 31337/.exec(deployed.stdout)![1]!
    // What it tells to do next is what the page says.
    const told = [...deployed.stdout.matchAll(/^ {2}npm run tacit -- (\S+)/gm)].map(([, name]) => name)
    expect(told).toEqual([sample![0], aggregator![0], feeder![0], watch![0]])
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.key'))) {
      expect(statSync(join(folder, name)).mode & 0o077).toBe(0)
    }
    expect((await tacit(...mine(sample!))).code).toBe(0)
    const common = ['--rpc', chain.url, '--once']
    const [posted, signed] = await Promise.all([
      tacit(...mine(aggregator!), ...common, '--listen', `127.0.0.1:${port}`),
      tacit(...mine(feeder!), ...common),
    ])
    expect(posted, signed.stdout).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/round 1 0x\S+: posted/),
    })
    expect(signed).toMatchObject({ code: 0 })
    const watched = await tacit(...mine(watch!), '--rpc', chain.url)
    expect(watched).toMatchObject({ code: 0, stdout: expect.stringMatching(/^round 1 0x\S+ honest/) })
    // A second trial begins with nothing of the first.
    expect(existsSync(join(folder, 'feeder.key.signed.json'))).toBe(true)
    await tacit(...mine(deploy!), '--rpc', chain.url)
    expect(existsSync(join(folder, 'feeder.key.signed.json'))).toBe(false)
    expect(readdirSync(join(folder, 'markets'))).toEqual([])
  }, 300_000)
})

describe('tacit oracle deploy', () => {
  it('takes keys and feeders of its own, and leaves the governing to the admin', async () => {
    const key = join(folder, 'own.key')
    writeFileSync(key, developmentWallets()[5]!.privateKey, { mode: 0o600 })
    const [admin, feeders] = [
      developmentWallets()[6]!.address,
      [7, 8, 9].map((at) => developmentWallets()[at]!.address),
    ]
    const out = join(folder, 'oracle.json')
    const named = feeders.flatMap((feeder) => ['--feeder', feeder])
    const terms = ['--bond-eth', '0.5', '--challenge-seconds', '900', '--instance', 'margin-4']
    const { code, stdout } = await tacit(
      ...['oracle', 'deploy', '--rpc', chain.url, '--key', key, '--admin', admin, '--out', out, '--json'],
      ...[...named, ...terms],
    )
    expect(code).toBe(0)
    const result = JSON.parse(stdout)
    expect(result).toMatchObject({ chainId: '31337', admin, treasury: admin, feeders, quorum: 2 })
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(result)
    const ABI = [
      'function hasRole(bytes32, address) view returns (bool)',
      'function bondWei() view returns (uint256)',
    ]
    for (const address of [result.oracle, result.listing]) {
      const contract = new Contract(address, ABI, chain.provider)
      const has = (who: string) => contract.getFunction('hasRole').staticCall(ZeroHash, who)
      expect([await has(admin), await has(developmentWallets()[5]!.address)]).toEqual([true, false])
    }
    const oracle = new Contract(result.oracle, ABI, chain.provider)
    expect(await oracle.getFunction('bondWei').staticCall()).toBe(500_000_000_000_000_000n)
  }, 120_000)

  it('refuses both keys or none, no feeder, a bad bond, and a chain that is not there', async () => {
    const local = ['oracle', 'deploy', '--rpc', chain.url]
    expect((await tacit(...local)).code).toBe(2)
    expect((await tacit(...local, '--key', 'k', '--development', folder)).code).toBe(2)
    expect((await tacit(...local, '--key', 'k')).stderr).toMatch(/--feeder/)
    expect((await tacit(...local, '--development', folder, '--bond-eth', 'much')).code).toBe(2)
    const nowhere = await tacit('oracle', 'deploy', '--rpc', 'http://127.0.0.1:1', '--development', folder)
    expect(nowhere.code).toBe(3)
  })

  it('refuses the keys that everybody has off a local chain, whoever they are given to', async () => {
    const foreign = await startLocalChain({ chainId: 7_777n })
    try {
      const target = ['oracle', 'deploy', '--rpc', foreign.url]
      const there = await tacit(...target, '--development', join(folder, 'foreign'))
      expect(there.stderr).toMatch(/development keys are for local chains/)
      expect(existsSync(join(folder, 'foreign'))).toBe(false)
      const key = join(folder, 'everybodys.key')
      writeFileSync(key, developmentWallets()[0]!.privateKey, { mode: 0o600 })
      const stranger = `0x${'12'.repeat(20)}`
      const own = await tacit(...target, '--key', key, '--feeder', stranger)
      expect(own.stderr).toMatch(/everybody has the key of 0xf39F/i)
      // The deployer is nobody's; a feeder is.
      const { address } = developmentWallets()[3]!
      const wallet = { getAddress: async () => stranger, provider: foreign.provider }
      const deploying = deployOracleAlone({
        ...{
          deployer: wallet as never,
          admin: stranger,
          lister: stranger,
          treasury: stranger,
          feeders: [address],
        },
        ...{ quorum: 1, maxAgeSeconds: 600, challengeSeconds: 600, bondWei: 1n, rewardBps: 5_000 },
        ...{ instance: MARGIN_INSTANCES['margin-4'], configuration: DEFAULT_CONFIGURATION },
      })
      await expect(deploying).rejects.toThrow(new RegExp(`everybody has the key of ${address}`))
      expect(await foreign.provider.getBlockNumber()).toBe(0)
    } finally {
      await foreign.close()
    }
  }, 60_000)
})
