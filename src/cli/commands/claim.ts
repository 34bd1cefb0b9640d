import { type Command, Option } from 'commander'
import { type ProofFile, writeProofFile } from '../../bundle/claim/proof-file.ts'
import { claimWords } from '../../bundle/claim/words.ts'
import { type Claim, THRESHOLDS, type Threshold } from '../../protocol/claims.ts'
import { accountIndex } from '../accounts.ts'
import { type Attach, type CommandText, type Invocation, newCommand } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { writeWhole } from '../files.ts'
import { hex32, wrapped } from '../format.ts'
import {
  type BookOptions,
  type ContextOptions,
  type ProverOptions,
  withBook,
  withContext,
  withProver,
} from '../options.ts'
import { openProver } from '../prover.ts'
import { loadSession } from '../session.ts'
import { proofFileFor, readContext, refuseContext, witnessOf } from '../statement.ts'
import { pairsText } from '../table.ts'

/** The two commands that make proofs: the same work, the other side of the threshold. */
interface ClaimOptions extends BookOptions, ProverOptions, ContextOptions {
  readonly account: string
  readonly threshold: Threshold
  readonly out?: string
}

export function attestCommand(attach: Attach): Command {
  return claimCommand(
    attach,
    { below: false, threshold: 'im' },
    {
      name: 'attest',
      summary: 'prove that an account is covered',
      description:
        'Proves that the equity of one account of the book is at or above a threshold, and shows nothing of what it ' +
        'holds. A false claim is refused before anything is proven (exit code 1).',
      examples: [
        'attest --account "iron condor" --out proof.json',
        'attest --account 1001 --threshold mm --chain-id 31337 --attestor 0x... --beneficiary 0x... --out proof.json',
      ],
    },
  )
}

export function triggerCommand(attach: Attach): Command {
  return claimCommand(
    attach,
    { below: true, threshold: 'mm' },
    {
      name: 'trigger',
      summary: 'prove that an account is below a threshold',
      description:
        'Proves that the equity of one account of the book is below a threshold, so that it can be liquidated, and ' +
        'shows nothing of what it holds. A false claim is refused before anything is proven (exit code 1).',
      examples: [
        'trigger --account "naked put seller" --threshold soft --out proof.json',
        'trigger --account 1004 --chain-id 31337 --attestor 0x... --beneficiary 0x... --out proof.json',
      ],
    },
  )
}

function claimCommand(attach: Attach, claim: Claim, text: CommandText): Command {
  const command = withProver(withContext(withBook(newCommand(text))))
    .requiredOption('--account <name|id>', 'the account (required)')
    .addOption(
      new Option('--threshold <name>', 'which threshold').choices([...THRESHOLDS]).default(claim.threshold),
    )
    .option('--out <file>', 'write the proof, its signals and what they were made of as JSON')
  return attach<ClaimOptions>(command, (invocation) => prove(invocation, claim.below))
}

async function prove(invocation: Invocation<ClaimOptions>, below: boolean): Promise<ExitCode> {
  const { io, out, options } = invocation
  const context = readContext(options)
  const session = await loadSession(options, out)
  const claim: Claim = { threshold: options.threshold, below }
  // Before the keys: a false claim is refused at once.
  const witness = witnessOf(session, accountIndex(session, options.account), claim, context)
  const prover = await openProver(session.instance, options, io, out)
  try {
    refuseContext(prover, context)
    const made = await out.task('proving', () => prover.prove(witness))
    const file = proofFileFor(session, prover, claim, made, context)
    if (options.out !== undefined) {
      writeWhole(options.out, writeProofFile(file))
      out.notice(`wrote ${options.out}`)
    }
    if (context === undefined) {
      out.notice(
        'OFFLINE CONTEXT: this proof is for checking as a file; no contract takes it (see --attestor).',
      )
    }
    out.print(describe(file, claim, made.timings.total ?? 0, prover.backend.name))
    out.result({ ...file, ...(options.out === undefined ? {} : { out: options.out }), timings: made.timings })
    return EXIT.done
  } finally {
    await prover.close()
  }
}

function describe(file: ProofFile, claim: Claim, milliseconds: number, backend: string): string {
  const pairs = pairsText(
    [
      ['proven', `the account's ${claimWords(claim)}`],
      ['account tag', hex32(file.signals.tag)],
      ['risk root', hex32(file.signals.riskRoot)],
      ['book root', hex32(file.signals.bookRoot)],
      ['verification key', file.verificationKeyHash],
      ['proof', `${file.instance}, ${(milliseconds / 1_000).toFixed(2)} s with the ${backend} prover`],
    ],
    2,
  )
  return `${pairs}\n\n${wrapped('The proof names no account, owner or position: the tag is all that stands for it.', 2)}`
}
