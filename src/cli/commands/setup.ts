import type { Command } from 'commander'
import { verificationKeyHash } from '../../chain/generate-verifier.ts'
import { MARGIN_INSTANCES } from '../../protocol/instances.ts'
import { type Attach, newCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { grouped } from '../format.ts'
import { type InstanceOptions, type ProverOptions, withInstance, withKeys } from '../options.ts'
import { openArtifacts } from '../prover.ts'
import { pairsText } from '../table.ts'

type SetupOptions = InstanceOptions & Pick<ProverOptions, 'keys' | 'cache'>

export function setupCommand(attach: Attach): Command {
  const command = withKeys(
    withInstance(
      newCommand({
        name: 'setup',
        summary: 'build a circuit and its keys, or check those of a ceremony',
        description:
          'Compiles a circuit instance and makes its development keys; both are cached by content. With --keys it ' +
          'checks the keys of a finished ceremony instead.',
        examples: ['setup', 'setup --instance margin-4', 'setup --keys keys/margin-16'],
      }),
    ),
  )
  return attach<SetupOptions>(command, async ({ io, out, options }) => {
    const started = performance.now()
    const artifacts = await openArtifacts(MARGIN_INSTANCES[options.instance], options, io, out)
    const seconds = (performance.now() - started) / 1_000
    const { provenance } = artifacts
    const keyHash = verificationKeyHash(artifacts.verificationKey)
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
      seconds,
    })
    return EXIT.done
  })
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
