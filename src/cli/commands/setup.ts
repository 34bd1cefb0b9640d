import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { packHeaderLine } from '../../bundle/claim/pack.ts'
import { verificationKeyHash } from '../../chain/generate-verifier.ts'
import { MARGIN_INSTANCES, type MarginInstanceName } from '../../protocol/instances.ts'
import type { CircuitArtifacts } from '../../prover/backend.ts'
import { type Attach, newCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { writeWhole } from '../files.ts'
import { grouped } from '../format.ts'
import { type InstanceOptions, type ProverOptions, withInstance, withKeys } from '../options.ts'
import { openArtifacts } from '../prover.ts'
import { pairsText } from '../table.ts'

interface SetupOptions extends InstanceOptions, Pick<ProverOptions, 'keys' | 'cache'> {
  readonly pack?: string
}

export function setupCommand(attach: Attach): Command {
  const command = withKeys(
    withInstance(
      newCommand({
        name: 'setup',
        summary: 'build a circuit and its keys, or check those of a ceremony',
        description:
          'Compiles a circuit instance and makes its development keys; both are cached by content. With --keys it ' +
          'checks the keys of a finished ceremony instead. With --pack it also writes what an owner needs to prove ' +
          'coverage of their own account in the page.',
        examples: [
          'setup',
          'setup --instance margin-4',
          'setup --keys keys/margin-16 --pack margin-16.tacit.pack',
        ],
      }),
    ),
  ).option('--pack <file>', 'write the prover pack of the page: witness program and proving key in one file')
  return attach<SetupOptions>(command, async ({ io, out, options }) => {
    const started = performance.now()
    const artifacts = await openArtifacts(MARGIN_INSTANCES[options.instance], options, io, out)
    const seconds = (performance.now() - started) / 1_000
    const { provenance } = artifacts
    const keyHash = verificationKeyHash(artifacts.verificationKey)
    if (options.pack !== undefined) {
      writeWhole(options.pack, await packOf(artifacts, options.instance, keyHash))
      out.notice(`wrote ${options.pack}`)
    }
    out.print(
      pairsText([
        ['instance', artifacts.name],
        ['constraints', grouped(artifacts.constraints)],
        ['signals', grouped(artifacts.signals)],
        ['r1cs sha256', provenance.r1csHash],
        ['proving key sha256', provenance.zkeyHash],
        ['verification key', keyHash],
        ['keys', provenanceWords(provenance)],
        ['proving key file', artifacts.zkeyPath],
        ['time', `${seconds.toFixed(1)} s`],
      ]),
    )
    out.result({
      instance: artifacts.name,
      constraints: artifacts.constraints,
      signals: artifacts.signals,
      verificationKeyHash: keyHash,
      provenance,
      files: { r1cs: artifacts.r1csPath, wasm: artifacts.wasmPath, zkey: artifacts.zkeyPath },
      ...(options.pack === undefined ? {} : { pack: options.pack }),
      seconds,
    })
    return EXIT.done
  })
}

async function packOf(
  { wasmPath, zkeyPath }: CircuitArtifacts,
  instance: MarginInstanceName,
  keyHash: string,
): Promise<Uint8Array> {
  const parts = { program: await readFile(wasmPath), provingKey: await readFile(zkeyPath) }
  return Buffer.concat([
    Buffer.from(packHeaderLine(instance, keyHash, parts)),
    parts.program,
    parts.provingKey,
  ])
}

function provenanceWords(provenance: {
  kind: string
  seed?: string
  powersOfTau?: { file: string }
}): string {
  const { kind, seed, powersOfTau } = provenance
  if (seed !== undefined) return `${kind}, from the public seed "${seed}"`
  return powersOfTau === undefined ? kind : `${kind}, over ${powersOfTau.file}`
}
