import { InputError } from '../protocol/errors.ts'

/** Why the service does not do what it was asked. Each has one HTTP status. */
export const REFUSALS = {
  INPUT_INVALID: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
} as const
export type RefusalReason = keyof typeof REFUSALS

/** A request refused for another reason than malformed input; names the field and the rule like every refusal. */
export class Refusal extends InputError {
  readonly reason: RefusalReason
  constructor(reason: RefusalReason, field: string, rule: string) {
    super(rule, { field })
    this.reason = reason
  }
}
