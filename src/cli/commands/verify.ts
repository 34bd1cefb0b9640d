import type { Command } from 'commander'
import {
  type Check,
  checkProof,
  claimOf,
  factorsText,
  type RecomputedRound,
} from '../../bundle/claim/check-proof.ts'
import { type ProofFile, parseProofFile } from '../../bundle/claim/proof-file.ts'
import { claimWords } from '../../bundle/claim/words.ts'
import { MARGIN_INSTANCES } from '../../protocol/instances.ts'
import { isProductionKey } from '../../prover/provenance.ts'
import { withBundle } from '../bundle-options.ts'
import { type Attach, newCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { readTextFile } from '../files.ts'
import { hex32, paint, wrapped } from '../format.ts'
import { PAIR_HELP } from '../key-folders.ts'
import { describeOption, type ProverOptions, type RoundOptions, withKeys, withMarket } from '../options.ts'
import type { Output } from '../output.ts'
import { openArtifacts } from '../prover.ts'
import { loadRound } from '../session.ts'
import { pairsText } from '../table.ts'
import { isBundle, runVerifyBundle, type VerifyBundleOptions, withChainOfBundle } from '../verify-bundle.ts'

interface VerifyOptions
  extends Omit<RoundOptions, 'instance'>,
    Pick<ProverOptions, 'keys' | 'cache'>,
    VerifyBundleOptions {
  readonly sample?: boolean
}

export function verifyCommand(attach: Attach): Command {
  const command = withBundle(
    withKeys(
      withMarket(
        newCommand({
          name: 'verify',
          summary: 'check a proof file or the bundle of a whole book, and say what it proves',
          description:
            'Checks a proof file against the verification key of its instance. With a market it also recomputes the ' +
            'risk root that the proof was made for. The instance is the one that the file names. A bundle is checked ' +
            'whole and offline from what it holds: risk matrix, every proof, every link of the chain, the seal; ' +
            'name the keys that you trust, and a node and the venue’s contract to compare it with the chain.',
          examples: [
            'verify proof.json',
            'verify proof.json --sample',
            'verify proof.json --market btc.json --market eth.json --keys keys/margin-16',
            'verify epoch-3.tacit.jsonl --max-age 3600 --key-hash 0x... --key-hash 0x...',
            'verify epoch-3.tacit.jsonl --keys keys --rpc http://127.0.0.1:8545 --seals 0x...',
            'verify epoch-3.tacit.jsonl --as-of 2026-03-02T10:00:00Z --rpc http://127.0.0.1:8545 --json',
          ],
        }),
        'the risk root is not recomputed',
      ),
    ),
  )
    .argument('<file>', 'proof file, as attest and trigger write it, or bundle')
    .option('--sample', 'recompute the risk root from the generated sample market (with --seed)')
  withChainOfBundle(command)
  describeOption(
    command,
    '--keys',
    `for a proof file: keys of a finished ceremony (default: development keys). For a bundle: a ${PAIR_HELP}, that you trust`,
  )
  return attach<VerifyOptions>(command, async ({ io, out, options, args }) => {
    if (await isBundle(args[0]!)) return runVerifyBundle(args[0]!, options, out)
    const file = parseProofFile(readTextFile(args[0]!))
    const round = await recompute(file, options, out)
    const artifacts = await openArtifacts(MARGIN_INSTANCES[file.instance], options, io, out)
    const checks = checkProof(file, artifacts.verificationKey, round)
    const valid = checks.every(({ ok }) => ok)
    out.print(verdict(file, checks, valid, isProductionKey(artifacts.provenance), out.colour))
    out.result({
      valid,
      checks,
      statement: statementOf(file),
      instance: file.instance,
      keys: artifacts.provenance,
      signals: file.signals,
    })
    return valid ? EXIT.done : EXIT.no
  })
}

async function recompute(
  file: ProofFile,
  options: VerifyOptions,
  out: Output,
): Promise<RecomputedRound | undefined> {
  if (options.market === undefined && options.sample !== true) return undefined
  const session = await loadRound({ ...options, instance: file.instance }, out)
  const { matrix, configurationHash } = session
  return { riskRoot: matrix.root, parameters: matrix.parametersWord, configurationHash }
}

function statementOf(file: ProofFile): string | undefined {
  const claim = claimOf(file)
  return claim === undefined ? undefined : claimWords(claim)
}

function verdict(
  file: ProofFile,
  checks: readonly Check[],
  valid: boolean,
  production: boolean,
  colour: boolean,
): string {
  const answers = checks.map(({ name, ok, detail }) => [name, `${ok ? 'yes' : 'NO '}  ${detail}`] as const)
  const head = valid ? paint('VALID', '1;32', colour) : paint('NOT VALID', '1;31', colour)
  const lines = [head, pairsText(answers, 2), '']
  if (!valid) return [...lines, wrapped('Nothing is proven by this file.', 2)].join('\n')
  const meaning =
    `Some account of the book ${hex32(file.signals.bookRoot)}, known only by its tag ${hex32(file.signals.tag)}, ` +
    `holds a portfolio whose ${statementOf(file)}, priced by the risk round ${hex32(file.signals.riskRoot)} ` +
    `(${factorsText(file)}). Nothing else about it is shown.`
  const known = checks.some(({ name }) => name === 'risk root')
    ? "Whether the book is the venue's newest is for the chain, or for you, to say."
    : 'Whether that round is the right one was not checked: give --market to recompute it. Whether the book is the ' +
      "venue's newest is for the chain, or for you, to say."
  const warning = production
    ? []
    : ['', paint('This key is NOT a production key: anyone could have forged this proof.', '1;31', colour)]
  return [
    ...lines,
    wrapped(meaning, 2),
    '',
    wrapped(known, 2),
    ...warning.map((line) => (line === '' ? '' : `  ${line}`)),
  ].join('\n')
}
