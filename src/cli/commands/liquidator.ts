import type { Command } from 'commander'
import { type Attach, newGroup } from '../command.ts'
import { bidCommand, refundCommand, revealCommand, takeCommand } from './liquidator-bids.ts'
import { listCommand, openCommand, registerCommand } from './liquidator-slices.ts'

export function liquidatorCommand(attach: Attach): Command {
  const group = newGroup({
    name: 'liquidator',
    summary: 'buy what is liquidated: register, open slices, bid, reveal, take',
    description:
      "The buyer's side of a case. A whitelisted, bonded liquidator is shown the slice under its own key, checks it against " +
      'the commitment on chain, and bids in secret; anybody with a registered sub-account takes from the public auction.',
    examples: [
      'liquidator register --deployment deployment.json --key alice.key --disclosure-key alice.x25519',
      'liquidator list --deployment deployment.json',
    ],
  })
  const parts = [
    registerCommand,
    listCommand,
    openCommand,
    bidCommand,
    revealCommand,
    takeCommand,
    refundCommand,
  ]
  for (const part of parts) group.addCommand(part(attach))
  return group
}
