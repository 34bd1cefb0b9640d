/** Order of the BN254 scalar field: every public signal is an integer below this or a contract reverts. */
export const FIELD_MODULUS = 21888242871839275222246405745257275088548364400416034343698204186575808495617n

/** The canonical representative of an integer in the BN254 scalar field, in [0, FIELD_MODULUS). */
export function toField(value: bigint): bigint {
  const remainder = value % FIELD_MODULUS
  return remainder < 0n ? remainder + FIELD_MODULUS : remainder
}
