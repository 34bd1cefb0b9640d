/** The keys of a local chain's accounts as files, one for each part in a trial of the oracle. Boundary module: files. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LOCAL_CHAIN_IDS } from '../chain/generate-verifier.ts'
import { developmentWallets } from '../chain/local-chain.ts'
import { InputError, SetupError } from '../protocol/errors.ts'

const PARTS = ['deployer', 'lister', 'poster', 'feeder', 'challenger'] as const
type Part = (typeof PARTS)[number]

export interface DevelopmentKeys {
  readonly folder: string
  readonly files: Readonly<Record<Part, string>>
  readonly addresses: Readonly<Record<Part, string>>
}

/** @throws SetupError off a local chain, InputError where the folder cannot be written */
export function writeDevelopmentKeys(folder: string, chainId: bigint): DevelopmentKeys {
  if (!LOCAL_CHAIN_IDS.includes(chainId)) {
    throw new SetupError(
      `development keys are for local chains (${LOCAL_CHAIN_IDS.join(', ')}); this is ${chainId}`,
      {
        refused: true,
      },
    )
  }
  const wallets = developmentWallets()
  const files = PARTS.map((part) => [part, join(folder, `${part}.key`)] as const)
  const addresses = PARTS.map((part, index) => [part, wallets[index]!.address] as const)
  try {
    mkdirSync(join(folder, 'markets'), { recursive: true })
    forgetEarlierTrial(folder)
    for (const [index, [, file]] of files.entries()) {
      rmSync(file, { force: true })
      writeFileSync(file, `${wallets[index]!.privateKey}\n`, { mode: 0o600, flag: 'wx' })
    }
  } catch (cause) {
    throw new InputError(`cannot be written: ${(cause as Error).message}`, { file: folder }, { cause })
  }
  return {
    folder,
    files: Object.fromEntries(files) as Record<Part, string>,
    addresses: Object.fromEntries(addresses) as Record<Part, string>,
  }
}

/** What feeder and aggregator remember of another oracle, and its made-up markets, which are old by now. */
function forgetEarlierTrial(folder: string): void {
  for (const name of ['feeder.key.signed.json', 'aggregator.state.json'])
    rmSync(join(folder, name), { force: true })
  const markets = join(folder, 'markets')
  for (const name of readdirSync(markets)) {
    if (/^sample-\d+\.json$/.test(name)) rmSync(join(markets, name))
  }
}
