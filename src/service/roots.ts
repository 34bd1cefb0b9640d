/** A field element or a hash as the API writes it: 0x and 64 hex digits. */
export function hex32(value: bigint): string {
  return `0x${value.toString(16).padStart(64, '0')}`
}

/** An address as the API writes it: 0x and 40 hex digits in lower case. */
export function hex20(value: bigint): string {
  return `0x${value.toString(16).padStart(40, '0')}`
}
