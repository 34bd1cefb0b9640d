import type { Command } from 'commander'
import { type Attach, newGroup } from '../command.ts'
import { answerCommand, postCommand } from './epoch-bundle.ts'
import { designateCommand, finalizeCommand, tagsCommand } from './epoch-calls.ts'
import { demandCommand, reclaimCommand, rejectCommand, withdrawCommand } from './epoch-challenge.ts'
import { statusCommand } from './epoch-status.ts'

export function epochGroup(attach: Attach): Command {
  const group = newGroup({
    name: 'epoch',
    summary: 'seals of whole books on chain: designate, post, demand, answer, finalize',
    description:
      'An epoch is a head of the book that the venue has designated. tacit solvency proves it into a bundle; here the seal ' +
      'of that bundle is posted with a bond, anybody demands steps of it while the window is open, and it is made final, or ' +
      'rejected for a step that nobody answers, for a friend who was not triggered, or for a ledger that is another.',
    examples: [
      'epoch designate --deployment deployment.json --key venue.key',
      'epoch post epoch-7/epoch.tacit.jsonl --deployment deployment.json --key venue.key',
      'epoch status --deployment deployment.json',
    ],
  })
  const parts = [
    designateCommand,
    postCommand,
    statusCommand,
    tagsCommand,
    demandCommand,
    answerCommand,
    finalizeCommand,
    rejectCommand,
    reclaimCommand,
    withdrawCommand,
  ]
  for (const part of parts) group.addCommand(part(attach))
  return group
}
