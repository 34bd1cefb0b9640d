import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { rankOf, SLOWEST } from './slowest.ts'

/**
 * Begins with the slowest files. Vitest begins with what it remembers to be slow; in a fresh clone it remembers nothing, and a
 * long file at the end leaves a core idle. Files that share a process run one after another: a file of another project between
 * them would end it, and what it holds for them.
 */
export default class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => turnOf(a) - turnOf(b) || rankOf(a.moduleId) - rankOf(b.moduleId))
  }
}

/** Long ones with a process of their own, then the projects that share one, then the rest, which is short. */
function turnOf({ project, moduleId }: TestSpecification): number {
  if (!project.config.isolate) return 1 + SHARING.indexOf(project.name)
  return rankOf(moduleId) < SLOWEST.length ? 0 : 1 + SHARING.length
}

const SHARING = ['chain', 'shared', 'pure']
