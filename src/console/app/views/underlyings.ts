/** Rows by underlying, as the contracts have them: in slots, of which a venue uses as many as its market has underlyings. */
interface Row {
  readonly underlying: number
  /** null: the newest market names none in this slot. */
  readonly symbol: string | null
}

/** Without the slots that nothing is listed in. One that has values all the same is shown: it would be hidden exposure. */
export function listed<R extends Row>(rows: readonly R[], valuesOf: (row: R) => readonly number[]): R[] {
  return rows.filter((row) => row.symbol !== null || valuesOf(row).some((value) => value !== 0))
}

export function underlyingName({ symbol, underlying }: Row): string {
  return symbol ?? `Underlying ${underlying + 1}, without a name here`
}
