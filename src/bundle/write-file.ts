/** Bundles on disk. Boundary module: the one of this folder that touches files, and none that a browser imports. */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import type { Chunks } from './lines.ts'
import { linesWithReferences } from './posting.ts'
import type { ChainReferences } from './records.ts'
import { type BundleContent, bundleLines } from './write.ts'

const FLUSH_CHARACTERS = 1 << 20

/**
 * All of a bundle or nothing: written beside the file, brought to the disk, and renamed. Holds a megabyte at a time.
 * @throws what bundleLines and the file system throw
 */
export function writeBundleFile(path: string, content: BundleContent): Promise<void> {
  return writeLines(path, bundleLines(content))
}

/**
 * The same bundle, with what it says of its place on the chain written anew.
 * @throws InputError for a file that is no whole bundle, or one of no chain
 */
export function rewriteReferences(path: string, references: ChainReferences): Promise<void> {
  return writeLines(path, linesWithReferences(bundleChunks(path), references))
}

async function writeLines(path: string, lines: AsyncIterable<string>): Promise<void> {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  const file = await open(draft, 'wx')
  try {
    let pending = ''
    for await (const line of lines) {
      pending += line
      if (pending.length < FLUSH_CHARACTERS) continue
      await file.write(pending)
      pending = ''
    }
    await file.write(pending)
    await file.sync()
    await file.close()
    await rename(draft, path)
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(draft, { force: true })
    throw error
  }
}

/** The bytes of a file, piece by piece. Errors of the file system come when it is read. */
export function bundleChunks(path: string): Chunks {
  return createReadStream(path)
}
