import type { Command } from 'commander'
import { InputError, SetupError } from '../../protocol/errors.ts'
import { MARGIN_INSTANCES } from '../../protocol/instances.ts'
import {
  type CeremonySources,
  ceremonyBeacon,
  ceremonyContribute,
  ceremonyFinish,
  ceremonyNew,
  ceremonyVerify,
  type Transcript,
} from '../../prover/ceremony.ts'
import { compileCircuit } from '../../prover/compile.ts'
import { writeMarginSources } from '../../prover/generate.ts'
import { GENERATED_CIRCUITS } from '../../prover/margin-prover.ts'
import { keyNotice } from '../../prover/provenance.ts'
import { type Attach, type Invocation, newCommand, newGroup } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { requireExisting } from '../files.ts'
import { type InstanceOptions, withCache, withInstance } from '../options.ts'
import { cacheFolders } from '../prover.ts'
import { pairsText } from '../table.ts'

interface SourceOptions extends InstanceOptions {
  readonly ptau: string
  readonly r1cs?: string
  readonly testHash?: string
  readonly cache?: string
}

interface StepOptions {
  readonly in: string
  readonly out: string
  readonly name: string
  readonly entropy?: string
  readonly beacon: string
  readonly iterations: string
}

export function ceremonyCommand(attach: Attach): Command {
  const parent = newGroup({
    name: 'ceremony',
    summary: 'make production keys: a public ceremony',
    description:
      'The production setup: a published powers-of-tau file, contributions by people who do not trust each other, a ' +
      'public beacon, verification by anyone, and the folder of keys that --keys takes. If one contributor forgets ' +
      'their secret, nobody can forge.',
    examples: [
      'ceremony new --ptau powersOfTau28_hez_final_16.ptau --out 0.zkey',
      'ceremony contribute --in 0.zkey --out 1.zkey --name alice',
      'ceremony beacon --in 1.zkey --out 2.zkey --name "block 900000" --beacon 000000...8b --iterations 10',
      'ceremony verify --ptau powersOfTau28_hez_final_16.ptau --in 2.zkey',
      'ceremony finish --ptau powersOfTau28_hez_final_16.ptau --in 2.zkey --out keys/margin-16',
    ],
  })
  const children = [newStep, contributeStep, beaconStep, verifyStep, finishStep]
  for (const child of children) parent.addCommand(child(attach))
  return parent
}

function withSources(command: Command): Command {
  return withCache(withInstance(command))
    .requiredOption('--ptau <file>', 'published powers-of-tau file (required)')
    .option('--r1cs <file>', 'another constraint system in place of the instance')
    .option(
      '--test-hash <hex>',
      'accept a powers-of-tau file of this blake2b; the keys are marked as test keys',
    )
}

function newStep(attach: Attach): Command {
  const command = withSources(
    newCommand({
      name: 'new',
      summary: 'the key that the first contributor starts from',
      description: 'Makes the first key of a ceremony from the circuit and the powers of tau.',
      examples: ['ceremony new --ptau powersOfTau28_hez_final_16.ptau --out 0.zkey'],
    }),
  ).requiredOption('--out <file>', 'the key to write (required)')
  return attach<SourceOptions & StepOptions>(command, async (invocation) => {
    const { out, options } = invocation
    const zkeyPath = options.out
    const sources = await sourcesOf(invocation)
    await out.task('making the first key', () => ceremonyNew({ ...sources, zkeyPath }))
    out.print(`wrote ${zkeyPath}; hand it to the first contributor`)
    out.result({ out: zkeyPath })
    return EXIT.done
  })
}

function contributeStep(attach: Attach): Command {
  const command = withStep(
    newCommand({
      name: 'contribute',
      summary: 'add a contribution',
      description:
        "Adds a contribution and forgets its secret. The system's randomness always goes in; --entropy adds to it " +
        '(others on this machine may see an argument).',
      examples: ['ceremony contribute --in 0.zkey --out 1.zkey --name alice'],
    }),
  ).option('--entropy <text>', 'more randomness of your own')
  return attach<StepOptions>(command, async ({ out, options }) => {
    const step = stepOf(options)
    const hash = await out.task('contributing', () =>
      ceremonyContribute({ ...step, entropy: options.entropy }),
    )
    out.print(`wrote ${step.after}; publish the hash of your contribution:\n${hash}`)
    out.result({ out: step.after, hash })
    return EXIT.done
  })
}

function beaconStep(attach: Attach): Command {
  const command = withStep(
    newCommand({
      name: 'beacon',
      summary: 'end the contributions with a public random value',
      description:
        'Closes a ceremony with a value that nobody could know when the last contribution was made, e.g. the hash ' +
        'of a block named beforehand.',
      examples: [
        'ceremony beacon --in 1.zkey --out 2.zkey --name "block 900000" --beacon 00000000...8b --iterations 10',
      ],
    }),
  )
    .requiredOption('--beacon <hex>', 'the value, at least 32 bytes (required)')
    .option('--iterations <number>', 'hashes between value and key, as a power of two: 10 to 40', '10')
  return attach<StepOptions>(command, async ({ out, options }) => {
    const beaconHash = options.beacon.replace(/^0x/, '').toLowerCase()
    const step = stepOf(options)
    const iterationsExponent = Number(options.iterations)
    const hash = await out.task('applying the beacon', () =>
      ceremonyBeacon({ ...step, beaconHash, iterationsExponent }),
    )
    out.print(`wrote ${step.after}; the contributions are closed:\n${hash}`)
    out.result({ out: step.after, hash })
    return EXIT.done
  })
}

function verifyStep(attach: Attach): Command {
  const command = withSources(
    newCommand({
      name: 'verify',
      summary: 'check a finished key from the ground up',
      description:
        'Checks powers of tau, constraints, every contribution and the beacon. Exit code 1 when one does not hold.',
      examples: ['ceremony verify --ptau powersOfTau28_hez_final_16.ptau --in 2.zkey'],
    }),
  ).requiredOption('--in <file>', 'the key to check (required)')
  return attach<SourceOptions & StepOptions>(command, async (invocation) => {
    const { out, options } = invocation
    const zkeyPath = requireExisting(options.in)
    const sources = await sourcesOf(invocation)
    try {
      const transcript = await out.task('verifying the ceremony', () =>
        ceremonyVerify({ ...sources, zkeyPath }),
      )
      out.print(`VALID\n${transcriptText(transcript)}`)
      out.result({ valid: true, transcript })
      return EXIT.done
    } catch (error) {
      // The files are there, so the key itself is what fails: that is an answer.
      if (!(error instanceof SetupError)) throw error
      out.print(`NOT VALID: ${error.message}`)
      out.result({ valid: false, reason: error.message })
      return EXIT.no
    }
  })
}

function finishStep(attach: Attach): Command {
  const command = withSources(
    newCommand({
      name: 'finish',
      summary: 'verify, and lay out the folder of keys',
      description:
        'Verifies a finished key and writes the folder that --keys takes: proving key, verification key, provenance ' +
        'and transcript. Nothing appears unless all of it does.',
      examples: ['ceremony finish --ptau powersOfTau28_hez_final_16.ptau --in 2.zkey --out keys/margin-16'],
    }),
  )
    .requiredOption('--in <file>', 'the finished key (required)')
    .requiredOption('--out <folder>', 'the folder to make; it must not exist yet (required)')
  return attach<SourceOptions & StepOptions>(command, async (invocation) => {
    const { out, options } = invocation
    const zkeyPath = requireExisting(options.in)
    const folder = options.out
    const sources = await sourcesOf(invocation)
    const { transcript, provenance } = await out.task('verifying the ceremony', () =>
      ceremonyFinish({ ...sources, zkeyPath, folder }),
    )
    const notice = keyNotice(provenance)
    if (notice !== undefined) out.notice(notice)
    out.print(`${transcriptText(transcript)}\nwrote ${folder}`)
    out.result({ folder, transcript, provenance })
    return EXIT.done
  })
}

function withStep(command: Command): Command {
  return command
    .requiredOption('--in <file>', 'the key before (required)')
    .requiredOption('--out <file>', 'the key after (required)')
    .requiredOption('--name <text>', 'who, or what; it stands in the transcript (required)')
}

function stepOf(options: StepOptions) {
  return {
    before: requireExisting(options.in),
    after: refuseSame(options.out, options.in),
    name: options.name,
  }
}

function refuseSame(after: string, before: string): string {
  if (after === before) throw new InputError('must be another file than --in', { field: '--out' })
  return after
}

/** The instance is compiled, never keyed: a ceremony makes its own keys. */
async function sourcesOf({ io, out, options }: Invocation<SourceOptions>): Promise<CeremonySources> {
  const powersOfTauPath = requireExisting(options.ptau)
  const allowedHash = options.testHash
  if (options.r1cs !== undefined) {
    return { r1csPath: requireExisting(options.r1cs), powersOfTauPath, allowedHash }
  }
  const instance = MARGIN_INSTANCES[options.instance]
  const mainFile = writeMarginSources(GENERATED_CIRCUITS, instance)
  const { r1csPath } = await out.task(`compiling ${instance.name}`, () =>
    compileCircuit({ mainFile, name: instance.name, cacheRoot: cacheFolders(options, io).cacheRoot }),
  )
  return { r1csPath, powersOfTauPath, allowedHash }
}

function transcriptText(transcript: Transcript): string {
  return pairsText([
    ['keys', transcript.kind],
    ['r1cs sha256', transcript.r1csHash],
    ['proving key sha256', transcript.zkeyHash],
    [
      'powers of tau',
      `${transcript.powersOfTau.file}, blake2b ${transcript.powersOfTau.hash.slice(0, 16)}...`,
    ],
    ...transcript.contributions.map(
      ({ kind, name, hash }) => [kind, `${name}: ${hash.slice(0, 32)}...`] as const,
    ),
  ])
}
