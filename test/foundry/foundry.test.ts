import { describe, expect, it } from 'vitest'
import { forgePath, runForge } from './forge.ts'

/** The sentences that these tests show stand in docs/invariants.md. */
const forge = forgePath()
if (forge === undefined) {
  process.stderr.write(
    `npm has no forge for ${process.platform}-${process.arch}: the invariants are not run\n`,
  )
}

describe.skipIf(forge === undefined)('invariants by forge', () => {
  it('hold under fuzzing', { timeout: 600_000 }, async () => {
    const { passed, output } = await runForge(forge!)
    expect(passed, output).toBe(true)
    // A run that found no tests passes as well.
    expect(output).toMatch(/[1-9][0-9]* tests passed, 0 failed, 0 skipped/)
  })
})
