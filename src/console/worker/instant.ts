/** 2026-03-02 09:30:00 UTC */
export function instantWords(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
