import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { CONTRACT_AT } from '../../src/chain/contract-names.ts'
import { writeDeployment } from '../../src/chain/deployment-file.ts'
import { readConfig } from '../../src/service/config.ts'
import { newLogger } from '../../src/service/log.ts'
import { startService } from '../../src/service/service.ts'

const ADDRESS = `0x${'1a'.repeat(20)}`
const EVERYWHERE = Object.fromEntries(
  [...Object.keys(CONTRACT_AT), 'verifier', 'venue', 'sealVerifier'].map((place) => [place, ADDRESS]),
)
const VERIFIERS = { lot: ADDRESS, transfer: ADDRESS, adjust: ADDRESS, kept: ADDRESS }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tacit-refused-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Starts a service whose data and circuits would go to the folder. */
function starting(chainId: bigint): Promise<unknown> {
  const path = join(folder, 'deployment.json')
  const deployment = { ...EVERYWHERE, verifiers: VERIFIERS, chainId, unitsPerLot: 1n } as never
  writeFileSync(path, writeDeployment({ deployment, fromBlock: 0, venueKey: undefined }))
  const config = readConfig(
    {
      TACIT_PORT: '0',
      TACIT_DATA: join(folder, 'data'),
      TACIT_CACHE: join(folder, 'cache'),
      // Nothing listens there.
      TACIT_RPC_URL: 'http://127.0.0.1:9',
      TACIT_DEPLOYMENT: path,
    },
    'service',
  )
  return startService(config, newLogger('silent'))
}

it('refuses a deployment of a chain that TACIT_CHAIN_ID does not name, and leaves nothing behind', async () => {
  await expect(starting(1n)).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    message: expect.stringMatching(/TACIT_DEPLOYMENT.*is of chain 1, and TACIT_CHAIN_ID is 31337 unless set/),
  })
  expect(readdirSync(folder)).toEqual(['deployment.json'])
})

it('refuses a chain that does not answer, and leaves nothing behind', async () => {
  await expect(starting(31_337n)).rejects.toMatchObject({
    message: expect.stringMatching(/TACIT_RPC_URL.*does not answer/),
  })
  expect(readdirSync(folder)).toEqual(['deployment.json'])
})
