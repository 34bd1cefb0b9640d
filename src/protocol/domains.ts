/**
 * Domain tags of every Poseidon hash. The tag is the initial value of the sponge's capacity element (circomlib's
 * `initialState`), so it costs no constraint and no hash of one kind can be read as a hash of another.
 * A tag's value is its ASCII name read as a big-endian integer.
 */
const TAG_NAMES = {
  RISK_LEAF: 'tacit.risk.leaf.v1',
  RISK_NODE: 'tacit.risk.node.v1',
  RISK_TOP: 'tacit.risk.top.v1',
  RISK_ROOT: 'tacit.risk.root.v1',
  ACCOUNT_LEAF: 'tacit.account.leaf.v1',
  ACCOUNT_SLOTS: 'tacit.account.slots.v1',
  ACCOUNT_SALT: 'tacit.account.salt.v1',
  ACCOUNT_TAG: 'tacit.account.tag.v1',
  BOOK_NODE: 'tacit.book.node.v1',
  BOOK_ROOT: 'tacit.book.root.v1',
  CHAIN: 'tacit.chain.v1',
  CHAIN_BETA: 'tacit.chain.beta.v1',
  SLICE: 'tacit.slice.v1',
  TRANSFER_BETA: 'tacit.transfer.beta.v1',
} as const

export type Domain = keyof typeof TAG_NAMES

export const DOMAIN_TAGS: Readonly<Record<Domain, bigint>> = Object.fromEntries(
  Object.entries(TAG_NAMES).map(([domain, name]) => [domain, asciiToInteger(name)]),
) as Record<Domain, bigint>

function asciiToInteger(text: string): bigint {
  let value = 0n
  for (const character of text) value = (value << 8n) | BigInt(character.charCodeAt(0))
  return value
}
