/**
 * The tests that take more than ten seconds of processor time, the longest first; docs/architecture.md has the seconds. Files
 * below test/, without their ending.
 */
export const SLOWEST: readonly string[] = [
  'cli/demo',
  'cli/solvency-chain',
  'page/own-proof',
  'circuits/engine-full-size',
  'circuits/engine-transfer-receiver',
  'chain/engine-proofs-defences',
  'page/page',
  'engine/browser',
  'circuits/margin-soundness',
  'circuits/engine-adjust',
  'bundle/fuzz',
  'bench/bench',
  'chain/engine-last-resorts',
  'oracle/challenge',
  'oracle/defences',
  'service/service',
  'service/postgres',
  'service/access',
  'keeper/paths',
  'chain/vault-withdrawal-defences',
  'circuits/engine-lot-statement',
  'chain/engine-settlement-defences',
  'foundry/foundry',
  'engine/multiples',
  'cli/engine-commands',
  'keeper/deposits',
  'chain/engine-bounds-defences',
  'chain/vault-deposit-defences',
  'chain/engine-public-sales',
  'chain/engine-auctions-defences',
  'chain/seals-submission-defences',
  'chain/seals-demand-defences',
  'circuits/engine-transfer-rules',
  'chain/vault-proofs',
  'chain/engine-opening-defences',
  'chain/registry-engine-defences',
  'chain/attestor-defences',
  'chain/vault-defences',
  'chain/engine-settlement',
  'chain/engine-opening',
  'cli/solvency',
]

/** Where it stands in the list, or its length. @param file path of a test file, with either separator */
export function rankOf(file: string): number {
  const path = file.replaceAll('\\', '/')
  const place = SLOWEST.findIndex((name) => path.endsWith(`/test/${name}.test.ts`))
  return place === -1 ? SLOWEST.length : place
}
