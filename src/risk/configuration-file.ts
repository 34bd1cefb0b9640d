import { z } from 'zod'
import { InputError } from '../protocol/errors.ts'
import type { RiskConfiguration } from './configuration.ts'
import { checkConfiguration } from './configuration-rules.ts'

/** A configuration file is small; a larger text is not one. */
const MAX_TEXT_LENGTH = 1_000_000

/** Whole numbers as JSON numbers or as decimal strings (the canonical form). */
const integer = z
  .union(
    [z.number().int(), z.string().regex(/^-?\d{1,30}$/)],
    'must be a whole number, or one as a decimal string',
  )
  .transform((value) => BigInt(value))
const seconds = z.number('must be a number of seconds').int()

const shock = z.strictObject({ spotBps: integer, volBps: integer, skewBps: integer })
const scenario = z.strictObject({
  name: z.string(),
  regular: z.boolean(),
  weightBps: integer,
  shocks: z.record(z.string(), shock),
})
const charges = z.strictObject({
  underlying: z.string(),
  spotLongBps: integer,
  spotShortBps: integer,
  linearBps: integer,
  shortOptionBps: integer,
  optionLiquidityBps: integer,
  pinBps: integer,
  pinWidthBps: integer,
  pinWindowSeconds: seconds,
})
const configuration = z.strictObject({
  name: z.string(),
  underlyings: z.array(z.string()),
  scenarios: z.array(scenario),
  greekShocks: z.strictObject({ spotBps: integer, volBps: integer }),
  charges: z.array(charges),
  volatility: z.strictObject({
    shortPowerBps: integer,
    longPowerBps: integer,
    scalingFloorSeconds: seconds,
    skewLimitNano: integer,
    shockedFloorNano: integer,
    minimumNano: integer,
    maximumNano: integer,
  }),
  factors: z.strictObject({
    mmFactorBps: integer,
    imFactorBps: integer,
    softShareBps: integer,
    gammaMultiplierBps: integer,
  }),
  gaugeScenario: z.string(),
})

/**
 * A user's own configuration from the text of a JSON file: the shape of RiskConfiguration, nothing missing, nothing
 * unknown, and sound by checkConfiguration.
 * @param file its name, for errors only; nothing is read here.
 * @throws InputError naming the file, the field and the rule.
 */
export function parseConfiguration(text: string, file: string): RiskConfiguration {
  if (text.length > MAX_TEXT_LENGTH)
    throw new InputError(`must be at most ${MAX_TEXT_LENGTH} characters`, { file })
  const result = configuration.safeParse(parseJson(text, file))
  if (!result.success) {
    const issue = result.error.issues[0]!
    const field = fieldName(issue.path)
    throw new InputError(issue.message, { file, ...(field === '' ? {} : { field }) }, { cause: result.error })
  }
  checkConfiguration(result.data, file)
  return result.data
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InputError(`is not JSON: ${(cause as Error).message}`, { file }, { cause })
  }
}

/** scenarios[3].shocks.BTC.spotBps */
function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
}
