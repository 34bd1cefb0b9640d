/** What feeders and aggregators keep between runs. Boundary module: files. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { hash32 } from '../oracle/content-codec.ts'
import { InputError } from '../protocol/errors.ts'
import { parseJson, validate } from '../risk/market/json.ts'
import type { AggregatorMemory } from './aggregator-memory.ts'
import { type FeederMemory, MOST_SIGNED_ROUNDS, type SignedRoundRecord } from './feeder.ts'

const recordSchema = z.strictObject(
  {
    sequence: z.int('must be a whole number').min(1, 'must be at least 1'),
    asOfSeconds: z.int('must be a whole number').min(0, 'must not be negative'),
    digest: hash32,
  },
  'must be an object',
) satisfies z.ZodType<SignedRoundRecord>

const signedSchema = z.strictObject(
  { signed: z.array(recordSchema, 'must be a list').max(MOST_SIGNED_ROUNDS, 'holds too many rounds') },
  'must be an object',
)

/** Errors of a damaged file are thrown: a feeder that forgot what it signed must not sign as if it had not. */
export function feederFile(path: string): FeederMemory {
  return {
    load: async () => {
      if (!existsSync(path)) return []
      const value = parseJson({ name: path, text: readFileSync(path, 'utf8') })
      return validate(signedSchema, value, { file: path }).signed
    },
    save: async (signed) => writeWhole(path, `${JSON.stringify({ signed })}\n`),
  }
}

export function aggregatorFile(path: string): AggregatorMemory {
  return {
    load: async () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
    save: async (text) => writeWhole(path, text),
  }
}

/** All of it or nothing: written beside and renamed. @throws InputError naming the file */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: 0o600 })
    renameSync(draft, path)
  } catch (cause) {
    rmSync(draft, { force: true })
    throw new InputError(`cannot be written: ${(cause as Error).message}`, { file: path }, { cause })
  }
}
