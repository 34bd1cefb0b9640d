/** The blinds of a run's chain states, from its secret: so that a run that was killed finds the same states again. */
import { createHmac } from 'node:crypto'
import { toField } from '../../protocol/field.ts'

const DOMAIN = 'tacit.chain.blind.v1'

/**
 * The blind of the state before the account at `index` (the count: of the last state). HMAC-SHA512 modulo the field is
 * uniform but for 2^-258, and bound to the run's header: one secret never blinds two states with the same element.
 */
export function blindOf(secret: Uint8Array, headerHash: string, index: number): bigint {
  const digest = createHmac('sha512', secret).update(`${DOMAIN}\0${headerHash}\0${index}`).digest('hex')
  return toField(BigInt(`0x${digest}`))
}
