/** How a prover pack is known; apart from its reader, so that a page's own script need not hold that. */
export const PACK_FORMAT = 'tacit.pack'
export const PACK_VERSION = 1
/** How the name of a pack's file ends. */
export const PACK_SUFFIX = '.tacit.pack'
/** What every pack begins with, and nothing else does. */
export const PACK_START = `{"format":"${PACK_FORMAT}"`
