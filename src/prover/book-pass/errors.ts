import { TacitError, WitnessError } from '../../protocol/errors.ts'

/** No step of the chain exists for this account; raised before or in place of its proof. */
export class AccountError extends WitnessError {
  /** The account's place in the book. */
  readonly index: number
  constructor(index: number, cause: TacitError) {
    super(`account at index ${index}: ${cause.message}`, { cause })
    this.index = index
  }
}

/** Runs work for one account: whatever Tacit refuses of it names the account. */
export function ofAccount<T>(index: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof TacitError ? new AccountError(index, error) : error
  }
}
