import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolError } from '../protocol/errors.ts'
import { cached, REPOSITORY_ROOT } from '../prover/cache.ts'
import { type AbiEntry, compilerVersion, runSolc, type SolcOutput } from './compiler/compiler.ts'
import { type Groth16VerificationKey, type KeyProvenance, solidityVerifier } from './generate-verifier.ts'
import {
  GENERATED_PREFIX,
  generatedSources,
  localTestSources,
  projectSources,
  type Sources,
  withImports,
} from './sources.ts'

/**
 * Compiles the contracts with solc from npm and keeps the result by the hash of everything that went in: sources,
 * settings and the compiler's version. Boundary module: reads and writes below build/, loads the compiler (only when
 * the cache has no answer).
 */
export interface Artifact {
  readonly contractName: string
  readonly abi: readonly AbiEntry[]
  /** Creation code, 0x-prefixed. */
  readonly bytecode: string
}

export type Artifacts = Readonly<Record<string, Artifact>>

export interface BuildOptions {
  /** Folder of everything generated. */
  readonly buildFolder?: string
  /** Compile in a fifth of the time to slow code: for tests of what a contract does, never for deployment. */
  readonly unoptimised?: boolean
  /** Names of the sources whose contracts are wanted; those of all sources but packages' unless told. */
  readonly contractsOf?: readonly string[]
}

const ARTIFACTS_FILE = 'artifacts.json'

const SETTINGS = {
  // Few runs: the vault and the engine are near the size that a chain takes, and proofs cost more than all else.
  optimizer: { enabled: true, runs: 200 },
  // Pinned: what a later compiler takes for its default is not what these contracts were measured on.
  evmVersion: 'cancun',
  viaIR: true,
  // No hash of the metadata at the end: the code is then the same for the same sources, wherever they lie.
  metadata: { bytecodeHash: 'none' },
}

function settings(options: BuildOptions): object {
  return options.unoptimised ? { ...SETTINGS, optimizer: { enabled: false }, viaIR: false } : SETTINGS
}

/** Contracts of this repository: RiskOracle, BookRegistry, MarginAttestor and what they are made of. */
export async function buildContracts(options: BuildOptions = {}): Promise<Artifacts> {
  const generated = generatedSources()
  await writeGenerated(generated, options)
  return compile(withImports({ ...projectSources(), ...generated }), options)
}

/** What lives on local chains only: the test token of demonstrations. Its contracts refuse every other chain. */
export function buildLocalTestContracts(options: BuildOptions = {}): Promise<Artifacts> {
  return compile(withImports(localTestSources()), options)
}

/** The verifier contract of one verification key. */
export async function buildVerifier(
  key: Groth16VerificationKey,
  provenance: KeyProvenance,
  options: BuildOptions = {},
): Promise<Artifact> {
  const contractName = verifierName(provenance.circuit)
  const sources = {
    [`${GENERATED_PREFIX}${contractName}.sol`]: solidityVerifier(contractName, key, provenance),
  }
  await writeGenerated(sources, options)
  return (await compile(sources, options))[contractName]!
}

/** margin-16 -> Margin16Verifier. */
export function verifierName(circuit: string): string {
  const words = circuit.split(/[^A-Za-z0-9]+/).filter((word) => word.length > 0)
  return `${words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')}Verifier`
}

/** Compiles a closed set of sources, all of them at once; answers from the cache where it can. */
export async function compile(sources: Sources, options: BuildOptions = {}): Promise<Artifacts> {
  const { contractsOf } = options
  const folder = await cached({
    root: join(buildFolder(options), 'cache', 'contracts'),
    name: 'solc',
    key: [compilerVersion(), standardInput(sources, ['*'], options), ...(contractsOf ?? [])],
    build: async (target) => {
      const wanted = contractsOf ?? Object.keys(sources).filter((name) => !isOfPackage(name))
      const artifacts = readOutput(await runSolc(standardInput(sources, wanted, options)))
      await writeFile(join(target, ARTIFACTS_FILE), JSON.stringify(artifacts))
    },
  })
  return JSON.parse(await readFile(join(folder, ARTIFACTS_FILE), 'utf8')) as Artifacts
}

/** What the compiler takes. @param wanted names of the sources whose contracts it compiles; it reads all of them */
function standardInput(sources: Sources, wanted: readonly string[], options: BuildOptions): string {
  const outputs = wanted.map((name) => [name, { '*': ['abi', 'evm.bytecode.object'] }])
  return JSON.stringify({
    language: 'Solidity',
    sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
    settings: { ...settings(options), outputSelection: Object.fromEntries(outputs) },
  })
}

/** Packages' own contracts are of no use by themselves. */
function isOfPackage(name: string): boolean {
  return name.startsWith('@') && !name.startsWith(GENERATED_PREFIX)
}

function readOutput(output: SolcOutput): Artifacts {
  const errors = (output.errors ?? []).filter((error) => error.severity === 'error')
  if (errors.length > 0) {
    throw new ToolError(
      `the contracts do not compile:\n${errors.map((error) => error.formattedMessage).join('\n')}`,
    )
  }
  const artifacts: Record<string, Artifact> = {}
  for (const contracts of Object.values(output.contracts ?? {})) {
    for (const [contractName, contract] of Object.entries(contracts)) {
      artifacts[contractName] = {
        contractName,
        abi: contract.abi,
        bytecode: `0x${contract.evm.bytecode.object}`,
      }
    }
  }
  return artifacts
}

/** For people and for other tools (a remapping @generated/=build/generated/contracts/); the build itself reads text. */
async function writeGenerated(sources: Sources, options: BuildOptions): Promise<void> {
  const folder = join(buildFolder(options), 'generated', 'contracts')
  await mkdir(folder, { recursive: true })
  for (const [name, content] of Object.entries(sources)) {
    const path = join(folder, name.slice(GENERATED_PREFIX.length))
    // Beside and renamed, so that a reader never sees half a file.
    const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`
    await writeFile(temporary, content)
    await rename(temporary, path)
  }
}

function buildFolder(options: BuildOptions): string {
  return options.buildFolder ?? join(REPOSITORY_ROOT, 'build')
}
