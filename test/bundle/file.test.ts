import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contentOfPass } from '../../src/bundle/from-pass.ts'
import { verifyBundle } from '../../src/bundle/verify/verify.ts'
import { bundleChunks, writeBundleFile } from '../../src/bundle/write-file.ts'
import { marginArtifacts } from '../../src/prover/margin-prover.ts'
import { sealArtifacts } from '../../src/prover/seal-prover.ts'
import { Listing } from '../../src/risk/listing.ts'
import { type BundleWorld, bundleWorld } from './fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'tacit-bundle-'))
const path = join(folder, 'epoch.tacit.jsonl')
let world: BundleWorld
beforeAll(async () => {
  world = await bundleWorld()
}, 600_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a bundle on disk', () => {
  it('is written whole, and verifies from there', async () => {
    await writeBundleFile(path, world.content)
    expect(readdirSync(folder)).toEqual(['epoch.tacit.jsonl'])
    expect(readFileSync(path, 'utf8')).toBe(world.lines.map((line) => `${line}\n`).join(''))
    const { report } = await verifyBundle(bundleChunks(path), world.options)
    expect(report.verdict).toBe('valid-development-keys')
  })

  it('leaves nothing behind when its writing fails', async () => {
    const before = readFileSync(path, 'utf8')
    const short = { ...world.content, steps: [...(world.content.steps as Iterable<never>)].slice(1) }
    await expect(writeBundleFile(path, short)).rejects.toThrow(
      'the book has 8 accounts, and there are 7 steps',
    )
    expect(readdirSync(folder)).toEqual(['epoch.tacit.jsonl'])
    expect(readFileSync(path, 'utf8')).toBe(before)
  })

  it('is the same made from a book pass', async () => {
    const steps = [...(world.content.steps as Iterable<{ chainIn: bigint; chainOut: bigint; proof: never }>)]
    const links = steps.map(({ chainIn, chainOut }, index) => ({ index, chainIn, chainOut }))
    const pass = {
      links,
      seal: { signals: world.content.signals, proof: world.content.sealProof },
      readStep: (index: number) => ({ ...links[index]!, proof: steps[index]!.proof }),
    }
    const content = contentOfPass(pass, {
      book: world.book,
      snapshot: world.snapshot,
      configuration: world.content.configuration,
      listing: Listing.empty,
      matrix: world.matrix,
      artifacts: { step: await marginArtifacts(world.content.instance), seal: await sealArtifacts() },
      chain: world.content.chain,
    })
    await writeBundleFile(join(folder, 'again.tacit.jsonl'), content)
    expect(readFileSync(join(folder, 'again.tacit.jsonl'), 'utf8')).toBe(readFileSync(path, 'utf8'))
  })
})
