/** Receipts are small: 64,000 characters at most. */
const MOST_RECEIPT_BYTES = 256_000
const SNIFFED_BYTES = 4_096

export interface Desk {
  readonly bundle: File | undefined
  readonly receipt: File | undefined
}

/** By what it begins with, not by its name. */
export async function isReceipt(file: Blob): Promise<boolean> {
  if (file.size > MOST_RECEIPT_BYTES) return false
  return /"tacit\.receipt"/.test(await file.slice(0, SNIFFED_BYTES).text())
}

/**
 * What lies on the desk after files were dropped. A receipt joins the bundle that is there; another bundle takes its
 * place, and a receipt of before goes with it.
 * @returns a sentence instead when they cannot be taken together
 */
export async function laidDown(before: Desk, files: readonly File[]): Promise<Desk | string> {
  const kinds = await Promise.all(files.map(isReceipt))
  const receipts = files.filter((_, index) => kinds[index])
  const bundles = files.filter((_, index) => !kinds[index])
  if (bundles.length > 1) return 'Drop one bundle at a time, with a receipt beside it if you have one.'
  if (receipts.length > 1) return 'Drop one receipt at a time.'
  const [bundle] = bundles
  const [receipt] = receipts
  if (bundle === undefined) return { bundle: before.bundle, receipt: receipt ?? before.receipt }
  return { bundle, receipt: receipt ?? (before.bundle === undefined ? before.receipt : undefined) }
}
