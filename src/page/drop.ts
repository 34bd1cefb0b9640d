import { PACK_START } from '../bundle/claim/pack-format.ts'

/** Receipts are small: 64,000 characters at most. */
const MOST_RECEIPT_BYTES = 256_000
const SNIFFED_BYTES = 4_096

export interface Desk {
  readonly bundle: File | undefined
  readonly receipt: File | undefined
  /** What proving takes; it is of a circuit, and stays when another bundle comes. */
  readonly pack: File | undefined
}

type Kind = 'bundle' | 'receipt' | 'pack'

/** By what it begins with, not by its name. What is neither receipt nor pack is taken for a bundle, and checked as one. */
export async function kindOf(file: Blob): Promise<Kind> {
  const start = await file.slice(0, SNIFFED_BYTES).text()
  if (start.startsWith(PACK_START)) return 'pack'
  return file.size <= MOST_RECEIPT_BYTES && /"tacit\.receipt"/.test(start) ? 'receipt' : 'bundle'
}

/**
 * What lies on the desk after files were dropped. A receipt joins the bundle that is there; another bundle takes its
 * place, and a receipt of before goes with it.
 * @returns a sentence instead when they cannot be taken together
 */
export async function laidDown(before: Desk, files: readonly File[]): Promise<Desk | string> {
  const kinds = await Promise.all(files.map(kindOf))
  const [bundles, receipts, packs] = (['bundle', 'receipt', 'pack'] as const).map((kind) =>
    files.filter((_, index) => kinds[index] === kind),
  ) as [File[], File[], File[]]
  if (bundles.length > 1) return 'Drop one bundle at a time, with a receipt beside it if you have one.'
  if (receipts.length > 1) return 'Drop one receipt at a time.'
  if (packs.length > 1) return 'Drop one prover pack at a time.'
  const [bundle] = bundles
  const [receipt] = receipts
  const pack = packs[0] ?? before.pack
  if (bundle === undefined) return { bundle: before.bundle, receipt: receipt ?? before.receipt, pack }
  return { bundle, receipt: receipt ?? (before.bundle === undefined ? before.receipt : undefined), pack }
}
