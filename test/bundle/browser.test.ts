import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import type * as entry from '../../src/bundle/index.ts'
import { verifyBundle } from '../../src/bundle/index.ts'
import { poseidonImage } from '../../src/protocol/poseidon.ts'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { type Bundle, bundleForBrowser } from '../support/browser.ts'
import { bundleWorld, bytesOf } from './fixture.ts'

let bundle: Bundle
beforeAll(async () => {
  bundle = await bundleForBrowser({ bundle: join(REPOSITORY_ROOT, 'src/bundle/index.ts') })
}, 120_000)

describe('the bundle layer', () => {
  it('has no clock, randomness, environment or module of Node of its own, but where it writes files', () => {
    const folder = join(REPOSITORY_ROOT, 'src/bundle')
    const impure =
      /Math\.random|Date\.now|new Date\(\)|performance\.now|process\.|\bBuffer\b|\bfetch\(|from 'node:/
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.ts'),
    )
    expect(files.filter((path) => impure.test(readFileSync(join(folder, path), 'utf8')))).toEqual([
      'write-file.ts',
    ])
  })
})

describe('the entry for browsers', () => {
  it('is one file without any module of Node', () => {
    expect([...bundle.files.keys()]).toEqual(['bundle.js'])
    expect(Object.values(bundle.metafile.outputs).flatMap((output) => output.imports)).toEqual([])
  })

  it('takes in no boundary module of ours', () => {
    const ours = Object.keys(bundle.metafile.inputs).filter((path) => path.startsWith('src/'))
    expect(ours).toContain('src/bundle/verify/verify.ts')
    expect(ours.filter((path) => /write-file|src\/(chain|cli)\//.test(path))).toEqual([])
  })

  it('comes to the same verdict where there is nothing of Node: no Buffer, no process, no require', async () => {
    const { outputFiles } = await build({
      entryPoints: [join(REPOSITORY_ROOT, 'src/bundle/index.ts')],
      bundle: true,
      format: 'iife',
      globalName: 'bundleEntry',
      platform: 'browser',
      target: 'es2022',
      write: false,
      logLevel: 'silent',
    })
    const page = createContext({ atob, TextDecoder, TextEncoder, crypto, setTimeout, clearTimeout })
    // As in every browser; ethers asks for it.
    runInContext('globalThis.self = globalThis', page)
    runInContext(outputFiles[0]!.text, page)
    const there = runInContext('bundleEntry', page) as typeof entry
    expect(runInContext('typeof Buffer + typeof process + typeof require', page)).toBe(
      'undefinedundefinedundefined',
    )
    const world = await bundleWorld()
    const hasher = there.hasherOfImage(await poseidonImage())
    const silent = { nowMs: () => 0 }
    const { report } = await there.verifyBundle(bytesOf(world.lines), { ...world.options, ...silent, hasher })
    expect(report.verdict).toBe('valid-development-keys')
    const here = await verifyBundle(bytesOf(world.lines), { ...world.options, ...silent })
    expect(JSON.stringify(report, texts)).toBe(JSON.stringify(here.report, texts))
  }, 600_000)
})

function texts(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value
}
