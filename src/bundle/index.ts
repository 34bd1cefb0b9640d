/**
 * The bundle: everything that a stranger needs to check a whole book, and the check itself. This entry runs in Node and
 * in browsers; hasher, randomness and clock are handed in (docs/bundle.md says how).
 */

export { hasherOfImage, type PoseidonImage } from '../protocol/poseidon-wasm.ts'
export { type CountedPosition, checkReceipt, countAccount, type ReceiptReport } from './check-receipt.ts'
export { contextAddress, contextSignal, type ProofContext } from './claim/context.ts'
export {
  type CountedAccount,
  type OwnClaim,
  ownProofFile,
  ownProofHolds,
  ownWitness,
} from './claim/counted.ts'
export {
  inspectPack,
  openPack,
  type PackSource,
  type ProverPack,
  packHeaderLine,
  readPackHeader,
} from './claim/pack.ts'
export { PACK_START, PACK_SUFFIX } from './claim/pack-format.ts'
export { type ProofFile, parseProofFile, writeProofFile } from './claim/proof-file.ts'
export { claimWords, THRESHOLD_WORDS } from './claim/words.ts'
export { contentOfPass, type PassSurroundings } from './from-pass.ts'
export { bundleJsonSchema } from './json-schema.ts'
export type { Chunks } from './lines.ts'
export { peekHeader, readBundle } from './read.ts'
export { parseReceipt, RECEIPT_FORMAT, type Receipt, receiptOf, writeReceipt } from './receipt.ts'
export {
  BUNDLE_FORMAT,
  BUNDLE_SUFFIX,
  BUNDLE_VERSION,
  type BundleChain,
  type BundleHeader,
  type BundleKey,
  type BundleProof,
  type BundleRecord,
  type BundleStep,
  type ChainReferences,
  type KeySetup,
} from './records.ts'
export { epochContextOf, OFFLINE_CONTEXT, type SealStatement, statementOf, stepSignals } from './statement.ts'
export { CHECK_IDS, CHECKS, type Check, type CheckId, type CheckVerdict } from './verify/check.ts'
export { type PinnedKey, setupWords } from './verify/keys.ts'
export type { BundleReport, BundleVerdict, StatementFigures } from './verify/report.ts'
export { marketHashOf } from './verify/round.ts'
export {
  type VerifiedBundle,
  type VerifyOptions,
  type VerifyProgress,
  verifyBundle,
} from './verify/verify.ts'
export { percent, usdText } from './verify/words.ts'
export { type BundleContent, bundleLines, keySetupOf } from './write.ts'
