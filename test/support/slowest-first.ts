import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { rankOf } from './slowest.ts'

/**
 * Begins with the slowest files. Vitest begins with what it remembers to be slow; in a fresh clone it remembers nothing, and a
 * long file at the end leaves a core idle.
 */
export default class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => rankOf(a.moduleId) - rankOf(b.moduleId))
  }
}
