/**
 * ABIs for other programs: of every contract that can be deployed, and of every interface that a deployment names. The
 * compiler only reads the sources for it, which takes seconds where code takes minutes. Boundary module: files, a thread.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolError } from '../protocol/errors.ts'
import { cached, REPOSITORY_ROOT } from '../prover/cache.ts'
import { type AbiEntry, compilerVersion, runSolc } from './compiler/compiler.ts'
import { CONTRACT_AT, VERIFIER_OF } from './contract-names.ts'
import { generatedSources, projectSources, type Sources, withImports } from './sources.ts'

/** By the contract's name, in the order of the alphabet. */
export type Abis = Readonly<Record<string, readonly AbiEntry[]>>

const FILE = 'abis.json'
const METADATA = '@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol'
/** Ours, that no deployment holds an address of. */
const MORE = ['AggregatorV3Interface']

/** Throws ToolError when the contracts do not compile. */
export async function contractAbis(): Promise<Abis> {
  const project = projectSources()
  const entry = {
    'entry.sol': `// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\nimport "${METADATA}";\n`,
  }
  const sources = withImports({ ...project, ...generatedSources(), ...entry })
  const names = [...new Set([...deployable(project), ...named(), ...MORE])].sort()
  const input = JSON.stringify({
    language: 'Solidity',
    sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
    settings: { evmVersion: 'cancun', outputSelection: { '*': { '*': ['abi'] } } },
  })
  const folder = await cached({
    root: join(REPOSITORY_ROOT, 'build', 'cache', 'contracts'),
    name: 'abis',
    key: [compilerVersion(), input, ...names],
    build: async (target) =>
      writeFile(join(target, FILE), JSON.stringify(pick(await compiledAbis(input), names))),
  })
  return JSON.parse(await readFile(join(folder, FILE), 'utf8')) as Abis
}

function named(): string[] {
  return [...Object.values(CONTRACT_AT), ...Object.values(VERIFIER_OF)]
}

/** Neither abstract, nor a library, nor an interface. */
function deployable(project: Sources): string[] {
  return Object.values(project).flatMap((text) =>
    [...text.matchAll(/^contract (\w+)/gm)].map((match) => match[1]!),
  )
}

async function compiledAbis(input: string): Promise<Map<string, readonly AbiEntry[]>> {
  const { errors = [], contracts = {} } = await runSolc(input)
  const faults = errors.filter(({ severity }) => severity === 'error')
  if (faults.length > 0) {
    throw new ToolError(
      `the contracts do not compile:\n${faults.map((fault) => fault.formattedMessage).join('\n')}`,
    )
  }
  return new Map(
    Object.values(contracts).flatMap((file) =>
      Object.entries(file).map(([name, { abi }]) => [name, abi] as const),
    ),
  )
}

function pick(all: ReadonlyMap<string, readonly AbiEntry[]>, names: readonly string[]): Abis {
  return Object.fromEntries(
    names.map((name) => {
      const abi = all.get(name)
      if (abi === undefined) throw new ToolError(`there is no contract ${name}`)
      return [name, abi]
    }),
  )
}
