import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { presentMarket } from '../../live/market.ts'
import { writeNativeMarket } from '../../risk/market/native.ts'
import { type Attach, newCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { writeWhole } from '../files.ts'
import { parseSeed } from '../options.ts'

interface SampleOptions {
  readonly out: string
  readonly seed: number
}

export function oracleSampleCommand(attach: Attach): Command {
  const command = newCommand({
    name: 'sample',
    summary: 'write a made-up market of this moment, for a feeder to replay',
    description:
      'Writes the sample market (options, futures and perpetuals of BTC and ETH) as it would be now. Feeders on a chain of ' +
      'the present take it for two minutes; for the next round write another. Its prices are made up: for trying out only.',
    examples: ['oracle sample --out build/trial/markets'],
  })
    .requiredOption('--out <folder>', 'where the market is written; made if it is not there (required)')
    .option('--seed <number>', 'other seeds give other prices', parseSeed, 1)
  return attach<SampleOptions>(command, async ({ out, options }) => {
    const market = presentMarket(options.seed, Math.floor(Date.now() / 1_000), 'full')
    mkdirSync(options.out, { recursive: true })
    const file = join(options.out, `sample-${market.asOfSeconds}.json`)
    writeWhole(file, writeNativeMarket(market))
    out.print(`${market.instruments.length} made-up instruments as of ${market.asOfSeconds}: ${file}`)
    out.result({ file, asOfSeconds: market.asOfSeconds, instruments: market.instruments.length })
    return EXIT.done
  })
}
