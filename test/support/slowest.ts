/**
 * The tests that take some ten seconds of processor time and more, the longest first: those with a process of their own, then
 * those of each project that shares one. docs/architecture.md has the seconds. Files below test/, without their ending.
 */
export const SLOWEST: readonly string[] = [
  'live/live',
  'service/follower',
  'page/own-proof',
  'page/page',
  'service/faults',
  'console/console',
  'console/bidding',
  'feeder/processes',
  'feeder/rounds',
  'bench/bench',
  'service/postgres',
  'foundry/foundry',
  'service/service',
  'service/package',
  'service/access',
  'chain/engine-windows',
  'chain/engine-paths',
  'chain/engine-proofs-defences',
  'chain/vault-proofs',
  'chain/verifier',
  'chain/seals',
  'chain/engine-last-resorts',
  'chain/vault-gas',
  'chain/seals-submission-defences',
  'cli/demo',
  'circuits/engine-full-size',
  'cli/engine-commands',
  'engine/browser',
  'bundle/fuzz',
  'circuits/engine-transfer-receiver',
  'keeper/deposits',
  'keeper/paths',
  'cli/solvency-chain',
  'bundle/verify',
  'circuits/engine-adjust',
  'circuits/margin-soundness',
  'solvency/book-pass',
  'cli/solvency',
  'oracle/scale',
  'oracle/defences',
  'oracle/parity',
  'engine/multiples',
  'circuits/engine-lot-statement',
  'oracle/challenge',
  'circuits/engine-transfer-rules',
  'prover/setup-reference',
  'prover/backends',
  'prover/transfer-inputs',
]

/** Where it stands in the list, or its length. @param file path of a test file, with either separator */
export function rankOf(file: string): number {
  const path = file.replaceAll('\\', '/')
  const place = SLOWEST.findIndex((name) => path.endsWith(`/test/${name}.test.ts`))
  return place === -1 ? SLOWEST.length : place
}
