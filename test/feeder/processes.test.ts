import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { HDNodeWallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DESK_PATHS } from '../../src/feeder/http-desk.ts'
import { DeribitStub } from './deribit-stub.ts'
import { ADMIN, FEEDER_ACCOUNTS, FeederWorld, POSTER } from './feeder-world.ts'

/** The real thing: three feeder processes and an aggregator process, a venue by HTTP and a chain. */
const repository = resolve(import.meta.dirname, '../..')
let world: FeederWorld
let venue: DeribitStub
let folder: string
let now = 0
const running: Running[] = []

class Running {
  readonly child: ChildProcess
  output = ''

  constructor(args: readonly string[]) {
    const main = join(repository, 'src/cli/main.ts')
    this.child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { cwd: repository })
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString()
      })
    }
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    return poll(
      () => pattern.exec(this.output) ?? undefined,
      () => `${pattern} in:\n${this.output}`,
    )
  }

  kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return Promise.resolve()
    return new Promise((done) => {
      this.child.once('exit', () => done())
      this.child.kill('SIGKILL')
    })
  }
}

async function poll<T>(look: () => T | undefined | Promise<T | undefined>, what: () => string): Promise<T> {
  for (const end = performance.now() + 200_000; performance.now() < end; ) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((done) => setTimeout(done, 250))
  }
  throw new Error(`waited in vain for ${what()}`)
}

function start(...args: string[]): Running {
  const process = new Running(args)
  running.push(process)
  return process
}

function keyFile(account: number): string {
  const path = join(folder, `${account}.key`)
  writeFileSync(path, (world.signer(account).signer as HDNodeWallet).privateKey, { mode: 0o600 })
  return path
}

beforeAll(async () => {
  world = await FeederWorld.start()
  folder = mkdtempSync(join(tmpdir(), 'tacit-feeders-'))
  now = await world.chain.now()
  venue = await DeribitStub.start(() => world.market(now).snapshot)
}, 300_000)
afterAll(async () => {
  await Promise.all(running.map((process) => process.kill()))
  await venue?.close()
  await world?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('three feeder processes and an aggregator', () => {
  it('make rounds; with one killed they go on; with two killed they stop, and it is said why', async () => {
    const clock = setInterval(() => {
      void world.chain.provider.getBlock('pending').then((block) => {
        now = block!.timestamp
      })
    }, 200)
    try {
      await story()
    } finally {
      clearInterval(clock)
    }
  }, 500_000)

  async function story(): Promise<void> {
    const oracle = await world.connection.oracle.getAddress()
    const common = [
      '--rpc',
      world.chain.url,
      '--oracle',
      oracle,
      '--instance',
      'margin-4',
      '--clock',
      'chain',
    ]
    const aggregator = start(
      ...['aggregator', ...common, '--key', keyFile(POSTER), '--lister-key', keyFile(ADMIN)],
      ...['--state', join(folder, 'state.json'), '--listen', '127.0.0.1:0', '--gather-seconds', '2'],
    )
    const [, url] = await aggregator.until(/takes contents at (http:\S+)/)
    const feeders = FEEDER_ACCOUNTS.map((account) =>
      start(
        ...['feeder', ...common, '--http', venue.url, '--currency', 'BTC', '--key', keyFile(account)],
        ...['--aggregator', url!, '--every-seconds', '4', '--look-seconds', '1'],
      ),
    )
    const latest = async () =>
      Number(await world.connection.oracle.getFunction('latestSequence').staticCall())
    const rounds = (from: number) =>
      poll(
        async () => ((await latest()) >= from ? true : undefined),
        () => `round ${from}:\n${[aggregator, ...feeders].map(({ output }) => output).join('\n')}`,
      )
    await rounds(1)
    await feeders[0]!.kill()
    // One may have been under way with all three.
    await rounds((await latest()) + 2)
    await feeders[1]!.kill()
    const status = async () => (await fetch(`${url}${DESK_PATHS.status}`)).json()
    const silent = await Promise.all([0, 1].map((index) => world.address(index)))
    const stopped = await poll(
      async () => {
        const report = (await status()) as { state: string; silent?: string[]; reasons: string[] }
        return report.state === 'collecting' && report.silent?.length === 2 ? report : undefined
      },
      () => aggregator.output,
    )
    expect([...stopped.silent!].sort()).toEqual([...silent].sort())
    expect(stopped.reasons[0]).toMatch(/^1 of the 2 feeders that a round needs; nothing from 0x/)
    await aggregator.until(/not posted: 1 of the 2 feeders that a round needs/)
    const states = (await world.watch().step()).map(({ state }) => state)
    expect(states.length).toBeGreaterThanOrEqual(3)
    expect(new Set(states)).toEqual(new Set(['honest']))
  }
})
