import type { Command } from 'commander'
import { type Attach, newGroup } from '../command.ts'
import { oracleDeployCommand } from './oracle-deploy.ts'
import { oracleSampleCommand } from './oracle-sample.ts'

/** What has to be there before feeders, an aggregator and a watcher can be. */
export function oracleGroup(attach: Attach): Command {
  const group = newGroup({
    name: 'oracle',
    summary: 'put a challengeable risk oracle on a chain by itself, and write a market to try it with',
    description:
      'Deploys what feeder, aggregator and watch work upon, without an engine. On a local chain it can be tried at once: ' +
      'docs/feeders.md has the walk-through.',
    examples: ['oracle deploy --development build/trial', 'oracle sample --out build/trial/markets'],
  })
  group.addCommand(oracleDeployCommand(attach))
  group.addCommand(oracleSampleCommand(attach))
  return group
}
