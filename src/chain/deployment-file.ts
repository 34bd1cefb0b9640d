import { z } from 'zod'
import { ENGINE_CIRCUITS, type EngineCircuit } from '../protocol/instances.ts'
import { parseJson, type TextFile, validate } from '../risk/market/json.ts'
import type { EngineDeployment } from './engine-client/deployment.ts'

/** Where a system stands on a chain, as a file: what keepers and liquidators are pointed at. */
export const DEPLOYMENT_FORMAT = 'tacit.deployment'

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'must be 0x and 40 hex digits')
const natural = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/, 'must be a whole number as a text')
  .transform(BigInt)
const ADDRESSES = [
  'verifier',
  'oracle',
  'registry',
  'attestor',
  'venue',
  'token',
  'timelock',
  'fund',
  'vault',
  'escrow',
  'parameters',
  'clock',
  'proofs',
  'liquidators',
  'engine',
  'confirmation',
  'settlement',
  'soft',
  'sealed',
  'dutch',
  'house',
  'deleveraging',
  'seals',
  'sealVerifier',
] as const

const schema = z.strictObject({
  format: z.literal(DEPLOYMENT_FORMAT, `must be "${DEPLOYMENT_FORMAT}"`),
  version: z.literal(1, 'must be 1: this reader knows no other version'),
  chainId: natural,
  unitsPerLot: natural,
  /** Block that it was deployed in, to spare the chain long searches. */
  fromBlock: z.int().min(0),
  /** Of an oracle whose rounds can be challenged. */
  listing: address.optional(),
  /** X25519 key that the venue's packages come from. */
  venueKey: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 hex digits')
    .optional(),
  verifiers: z.strictObject(
    Object.fromEntries(ENGINE_CIRCUITS.map((circuit) => [circuit, address])) as Record<
      EngineCircuit,
      typeof address
    >,
  ),
  ...(Object.fromEntries(ADDRESSES.map((name) => [name, address])) as Record<
    (typeof ADDRESSES)[number],
    typeof address
  >),
})

export interface DeploymentFile {
  readonly deployment: EngineDeployment
  readonly fromBlock: number
  readonly venueKey: string | undefined
}

/** Throws InputError naming file, field and rule. */
export function readDeployment(file: TextFile): DeploymentFile {
  const {
    format: _format,
    version: _version,
    fromBlock,
    venueKey,
    listing,
    ...deployment
  } = validate(schema, parseJson(file), { file: file.name })
  return { deployment: { ...deployment, ...(listing === undefined ? {} : { listing }) }, fromBlock, venueKey }
}

export function writeDeployment({ deployment, fromBlock, venueKey }: DeploymentFile): string {
  const named = Object.fromEntries(ADDRESSES.map((name) => [name, deployment[name]]))
  const { chainId, unitsPerLot, verifiers, listing } = deployment
  const head = { format: DEPLOYMENT_FORMAT, version: 1, chainId, unitsPerLot, fromBlock }
  const optional = {
    ...(listing === undefined ? {} : { listing }),
    ...(venueKey === undefined ? {} : { venueKey }),
  }
  const file = { ...head, ...optional, verifiers, ...named }
  return `${JSON.stringify(file, (_, value) => (typeof value === 'bigint' ? `${value}` : value), 2)}\n`
}
