import { DEFAULT_INSTANCE } from '../../src/protocol/instances.ts'
import { DEFAULT_CONFIGURATION } from '../../src/risk/default-configuration.ts'
import { Listing } from '../../src/risk/listing.ts'
import { sampleMarket } from '../../src/risk/market/sample.ts'
import { DEFAULT_GENERATED, type GeneratedBook, generateBook } from '../../src/stress/book/generate.ts'
import { DEFAULT_PARAMETERS, type StressParameters } from '../../src/stress/parameters.ts'
import type { EngineParts } from '../../src/stress/parts.ts'
import { ENGINES } from '../../src/stress/parts.ts'
import { betasOf, DEFAULT_MERTON, drawPath, type PathModel } from '../../src/stress/path/models.ts'
import { Random } from '../../src/stress/random.ts'
import { buildWorld, type StressWorld } from '../../src/stress/world.ts'

export const snapshot = sampleMarket({ seed: 1, size: 'small' })
export const listing = Listing.empty.update(snapshot.instruments, DEFAULT_INSTANCE)
export const configuration = DEFAULT_CONFIGURATION

/** A venue of sixty accounts. */
export function smallWorld(
  parameters: Partial<StressParameters> = {},
  book: Partial<GeneratedBook> = {},
): StressWorld {
  const setting = { ...DEFAULT_GENERATED, accounts: 60, ...book }
  return buildWorld({
    snapshot,
    configuration,
    listing,
    book: generateBook(snapshot, configuration, listing, setting),
    parameters: { ...DEFAULT_PARAMETERS, ...parameters },
    seed: setting.seed,
  })
}

/** A day that goes wrong: jumps down by a tenth. */
export const CRASH: PathModel = { ...DEFAULT_MERTON, jumpsPerDay: 30, jumpMean: -0.08, jumpDeviation: 0.05 }

export function pathFor(model: PathModel, run: number, steps = 90, stepSeconds = 60) {
  return drawPath(model, { steps, stepSeconds, betas: betasOf(2), correlation: 0.8 }, new Random(7, run))
}

export function engine(name: keyof typeof ENGINES, change: Partial<EngineParts> = {}) {
  return { name, parts: { ...ENGINES[name], ...change } }
}
