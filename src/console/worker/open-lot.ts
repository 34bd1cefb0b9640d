import { openDisclosure } from '../../book/disclosure.ts'
import { fromHex } from '../../book/disclosure-keys.ts'
import { InputError } from '../../protocol/errors.ts'
import { MARGIN_INSTANCES, type MarginInstanceName } from '../../protocol/instances.ts'
import type { Hasher } from '../../protocol/poseidon.ts'
import type { OpenLotJob, Outcomes } from './messages.ts'

/** Opens a package for a liquidator and holds it against the case on the chain. Throws DisclosureError, InputError. */
export function openLot(hasher: Hasher, job: OpenLotJob): Outcomes['lot'] {
  const { expected } = job
  const secret = job.secretKey
    .trim()
    .toLowerCase()
    .replace(/^(?!0x)/, '0x')
  if (!/^0x[0-9a-f]{64}$/.test(secret)) {
    throw new InputError('must be 64 hex digits', { field: 'disclosure key' })
  }
  const lot = openDisclosure(
    hasher,
    job.package,
    {
      caseId: expected.caseId,
      chainId: BigInt(expected.chainId),
      engine: expected.engine,
      slice: BigInt(expected.slice),
      terms: { mode: expected.mode, percent: BigInt(expected.percent) },
      round: BigInt(expected.round),
      venueKey: fromHex(expected.venueKey),
      slotCount: MARGIN_INSTANCES[expected.instance as MarginInstanceName].slots,
    },
    fromHex(secret),
  )
  return {
    legs: lot.moved.map(({ id, quantityLots }) => ({ id, lots: `${quantityLots}` })),
    round: `${lot.round}`,
    percent: `${lot.terms.percent}`,
  }
}
