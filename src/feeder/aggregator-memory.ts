import { z } from 'zod'
import type { Round, RoundDomain, RoundSignature } from '../chain/client.ts'
import { hash32 } from '../oracle/content-codec.ts'
import type { SeenQuotes } from '../oracle/stuck-feeder.ts'
import { messageJson, messageSchema, readMessage, roundJson, roundSchema, verdictSchema } from './desk.ts'
import type { SignedMessage } from './signatures.ts'

/**
 * What an aggregator has to remember to go on where it was stopped: contents, a proposal and its signatures, and what quotes were
 * shown. All else follows from the chain. Every part is checked again when it is taken up.
 */
export interface AggregatorRecord {
  readonly sequence: number
  readonly contents: readonly SignedMessage[]
  readonly seen: SeenQuotes
  readonly proposal: ProposalRecord | undefined
}

export interface ProposalRecord {
  readonly round: Round
  readonly contents: readonly SignedMessage[]
  readonly signatures: readonly RoundSignature[]
}

/** Where the record is kept, as text. */
export interface AggregatorMemory {
  load(): Promise<string | undefined>
  save(text: string): Promise<void>
}

export function noMemory(): AggregatorMemory {
  return { load: async () => undefined, save: async () => {} }
}

const FORMAT = 'tacit.aggregator'
const signedSchema = verdictSchema.options[0].shape.signature
const schema = z.strictObject({
  format: z.literal(FORMAT, `must be "${FORMAT}"`),
  version: z.literal(1, 'must be 1: this reader knows no other version'),
  chainId: z.string(),
  oracle: z.string(),
  sequence: z.int().min(0),
  contents: z.array(messageSchema),
  seen: z.array(z.strictObject({ feeder: z.string(), quotesHash: hash32, rounds: z.int().min(1) })),
  proposal: z
    .strictObject({ round: roundSchema, contents: z.array(messageSchema), signatures: z.array(signedSchema) })
    .nullable(),
})

export function writeRecord({ chainId, oracle }: RoundDomain, record: AggregatorRecord): string {
  const { sequence, contents, seen, proposal } = record
  return JSON.stringify({
    ...{ format: FORMAT, version: 1, chainId: chainId.toString(), oracle, sequence },
    contents: contents.map(messageJson),
    seen: [...seen].map(([feeder, { quotesHash, rounds }]) => ({ feeder, quotesHash, rounds })),
    proposal:
      proposal === undefined
        ? null
        : {
            round: roundJson(proposal.round),
            contents: proposal.contents.map(messageJson),
            signatures: proposal.signatures,
          },
  })
}

/**
 * @returns undefined for the record of another oracle or chain
 * @throws InputError for a text that is none
 */
export function readRecord({ chainId, oracle }: RoundDomain, text: string): AggregatorRecord | undefined {
  const parsed = readMessage(schema, parsedJson(text), 'state')
  if (parsed.chainId !== chainId.toString() || parsed.oracle !== oracle) return undefined
  const { sequence, contents, seen, proposal } = parsed
  return {
    sequence,
    contents,
    seen: new Map(seen.map(({ feeder, quotesHash, rounds }) => [feeder, { quotesHash, rounds }])),
    proposal: proposal ?? undefined,
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The schema refuses it by name.
    return undefined
  }
}
