/** Every part of the benchmark, in the order in which they run. A new part is a file in parts/ and a line here. */
import type { BenchPart } from './part.ts'
import { browserPart } from './parts/browser.ts'
import { constraintsPart } from './parts/constraints.ts'
import { feederPart } from './parts/feeder.ts'
import { gasPart } from './parts/gas.ts'
import { loadPart } from './parts/load.ts'
import { matrixPart } from './parts/matrix.ts'
import { provePart } from './parts/prove.ts'
import { proveEnginePart } from './parts/prove-engine.ts'
import { proveLargePart } from './parts/prove-large.ts'
import { setupPart } from './parts/setup.ts'
import { solvencyLargePart, solvencyPart } from './parts/solvency.ts'
import { stressPart } from './parts/stress.ts'
import { sweepPart } from './parts/sweep.ts'
import { workersPart } from './parts/workers.ts'

export const PARTS: readonly BenchPart[] = [
  matrixPart,
  feederPart,
  sweepPart,
  stressPart,
  provePart,
  proveLargePart,
  proveEnginePart,
  browserPart,
  solvencyPart,
  solvencyLargePart,
  loadPart,
  workersPart,
  setupPart,
  constraintsPart,
  gasPart,
]

/** The named parts in the registry's order, or all of them. @throws RangeError for an unknown name */
export function selectParts(names: readonly string[]): readonly BenchPart[] {
  const unknown = names.find((name) => !PARTS.some((part) => part.name === name))
  if (unknown !== undefined) {
    throw new RangeError(
      `there is no part "${unknown}"; there are ${PARTS.map(({ name }) => name).join(', ')}`,
    )
  }
  return names.length === 0 ? PARTS : PARTS.filter(({ name }) => names.includes(name))
}
