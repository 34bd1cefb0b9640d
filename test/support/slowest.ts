/**
 * The tests that take some ten seconds of processor time and more, the longest first: those with a process of their own, then
 * those of each project that shares one. docs/architecture.md has the seconds. Files below test/, without their ending.
 */
export const SLOWEST: readonly string[] = [
  'live/live',
  'cli/demo',
  'cli/solvency-chain',
  'circuits/engine-full-size',
  'cli/engine-commands',
  'page/own-proof',
  'page/page',
  'engine/browser',
  'feeder/processes',
  'feeder/rounds',
  'keeper/paths',
  'bench/bench',
  'circuits/engine-transfer-receiver',
  'keeper/deposits',
  'circuits/engine-adjust',
  'circuits/margin-soundness',
  'service/postgres',
  'foundry/foundry',
  'cli/solvency',
  'service/service',
  'engine/multiples',
  'oracle/parity',
  'circuits/engine-lot-statement',
  'oracle/challenge',
  'oracle/defences',
  'circuits/engine-transfer-rules',
  'service/access',
  'chain/vault-proofs',
  'chain/engine-proofs-defences',
  'chain/vault-gas',
  'chain/seals-submission-defences',
  'bundle/fuzz',
  'bundle/verify',
  'solvency/book-pass',
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
