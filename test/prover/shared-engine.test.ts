import { afterAll, beforeAll, expect, it } from 'vitest'
import { ToolError } from '../../src/protocol/errors.ts'
import type { ProverBackend } from '../../src/prover/backend.ts'
import { selectBackend } from '../../src/prover/select-backend.ts'
import { verifyProof } from '../../src/prover/verify.ts'
import { buildToys, openWorkshop, type Toys, type Workshop } from './toy.ts'

let workshop: Workshop
let toys: Toys
beforeAll(async () => {
  workshop = await openWorkshop()
  toys = await buildToys(workshop)
})
afterAll(() => workshop.close())

async function proves(backend: ProverBackend, name: 'product'): Promise<boolean> {
  const artifacts = toys.artifacts[name]
  const { proof, publicSignals } = await backend.prove(artifacts, toys.witnesses[name])
  return verifyProof(artifacts.verificationKey, publicSignals, proof)
}

it('provers of one process share an engine: whoever closes its share proves no more, and the others go on', async () => {
  const [one, two] = await Promise.all([
    selectBackend({ backend: 'engine' }),
    selectBackend({ backend: 'builtin' }),
  ])
  const underWay = proves(one, 'product')
  await one.close()
  // Twice counts once.
  await one.close()
  expect(await underWay).toBe(true)
  await expect(proves(one, 'product')).rejects.toThrow(ToolError)
  expect(await proves(two, 'product')).toBe(true)
  await two.close()
  await expect(proves(two, 'product')).rejects.toThrow(ToolError)
})

it('after the last has closed, the next one begins anew', async () => {
  const next = await selectBackend({ backend: 'engine' })
  expect(await proves(next, 'product')).toBe(true)
  const own = await selectBackend({ backend: 'engine', maxKeyBytes: 2 ** 30 })
  await next.close()
  expect(await proves(own, 'product')).toBe(true)
  await own.close()
})
