/**
 * Every range in Tacit, once. Circom and Solidity get theirs from here (scripts/generate.ts).
 *
 * The argument that totals fit, for S slots, with S <= 64 = 2^6:
 *   |quantity| <= 2^38 and |rate| < 2^38          so |total|   <= 2^6 * 2^38 * 2^38 = 2^82 and is < 2^82
 *   |greek rate| < 2^33, gammaMultiplier < 6.5536 so greeks    <= 3 * (1 + 6.5536 + 1) * 2^6 * 2^38 * 2^33 < 2^82
 *   worst = max(greeks, losses) < 2^82            so worst - loss and total + 2^82 are in [0, 2^83)
 * Digits of 83 bits at radix 2^84 leave one bit of room: a limb can then neither lend to its neighbour nor
 * borrow from it (docs/circuits.md has the proof).
 */
export const QUANTITY_BITS = 38
/** A rate is one limb of a risk vector: nano-USD per lot, |rate| < 2^38. */
export const RATE_BITS = 38
/** Delta, gamma and vega rates are held to |rate| < 2^33, so that the greeks term is a candidate of the worst loss. */
export const GREEK_RATE_BITS = 33
/** Charges are non-negative and < 2^38. */
export const CHARGE_BITS = 38
/** |portfolio total of one dimension| < 2^82, for 16 and for 64 slots. */
export const TOTAL_BITS = 82
/** A separated limb is checked to 83 bits. */
export const DIGIT_BITS = 83
/** Limbs stand at radix 2^84 in a field element. */
export const LIMB_RADIX_BITS = 84
export const LIMBS_PER_ELEMENT = 3

/** An instrument id is generation * 2^12 + place. */
export const PLACE_BITS = 12
export const GENERATION_BITS = 20
export const INSTRUMENT_ID_BITS = PLACE_BITS + GENERATION_BITS
/** One slot packs as quantity + 2^38 (39 bits) + id * 2^39. */
export const SLOT_BITS = QUANTITY_BITS + 1 + INSTRUMENT_ID_BITS
export const SLOTS_PER_ELEMENT = 3

export const BASIS_POINTS = 10_000n
/** A round scales the ranges and charges of an underlying by at least 10,000 and by at most this, basis points of 1. */
export const MAX_SCALE_BPS = 25_000n
export const FACTOR_BPS_BITS = 16
/** softShareBps and remainders of a division by 10,000. */
export const SHARE_BPS_BITS = 14

/** Trees have eight children a node. */
export const TREE_ARITY_BITS = 3

export const ACCOUNT_ID_BITS = 32
export const OWNER_BITS = 160
export const NONCE_BITS = 40
/** Account secrets are uniform in [0, 2^248): below the modulus without bias. */
export const SECRET_BITS = 248

/** Running totals of the solvency chain. */
export const COUNT_BITS = 22
/** Nano-USD summed over at most 2^21 accounts: |sum| < 2^104. */
export const BOOK_TOTAL_BITS = 104
/** Requirement in bps * nano-USD summed over the book: < 2^124. */
export const BOOK_REQUIREMENT_BITS = 124

/** Smallest and largest quantity, in lots. */
export const MIN_QUANTITY_LOTS = -(1n << BigInt(QUANTITY_BITS))
export const MAX_QUANTITY_LOTS = (1n << BigInt(QUANTITY_BITS)) - 1n

/** |10,000 * equity - requirement in bps| < 2^100, and < 2^101 with one scenario's P&L added to equity. */
export const REQUIREMENT_BITS = 100
/** The same scaled by another 10,000 for the SOFT threshold: < 2^115. */
export const SOFT_REQUIREMENT_BITS = 115
