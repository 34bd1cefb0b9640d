import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ToolError } from '../protocol/errors.ts'
import { REPOSITORY_ROOT } from '../prover/cache.ts'
import { oracleSources } from './generate-oracle.ts'
import { solidityPoseidon } from './generate-poseidon.ts'
import { solidityProtocol } from './generate-protocol.ts'
import { solidityLibraries } from './generate-signals.ts'

/**
 * Gathers Solidity sources by the names under which they import each other:
 * contracts/... (this repository), @generated/... (text made here), @openzeppelin/... (the package).
 * Boundary module: reads files.
 */
export type Sources = Readonly<Record<string, string>>

export const GENERATED_PREFIX = '@generated/'

/** The generated sources that every build needs. */
export function generatedSources(): Sources {
  const texts = {
    Protocol: solidityProtocol(),
    PoseidonT3: solidityPoseidon(),
    ...solidityLibraries(),
    ...oracleSources(),
  }
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [`${GENERATED_PREFIX}${name}.sol`, text]),
  )
}

/** What no deployment may hold: tokens of no worth, kept apart from everything else by its folder. */
const TEST_FOLDER = 'contracts/test/'

/** Every Solidity file below contracts/ that is no test's, by import name. */
export function projectSources(): Sources {
  return readSources((name) => !name.startsWith(TEST_FOLDER))
}

/** The files of contracts/test/, for local chains only: demonstrations and tests. */
export function localTestSources(): Sources {
  return readSources((name) => name.startsWith(TEST_FOLDER))
}

function readSources(wanted: (name: string) => boolean): Sources {
  const names = readdirSync(join(REPOSITORY_ROOT, 'contracts'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sol'))
    .map((name) => `contracts/${name.replaceAll('\\', '/')}`)
    .filter(wanted)
    .sort()
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(REPOSITORY_ROOT, name), 'utf8')]))
}

/** The sources with everything that they import, directly or not. */
export function withImports(sources: Sources): Sources {
  const complete: Record<string, string> = {}
  let generated: Sources | undefined
  const read = (name: string, from: string) => {
    generated ??= name.startsWith(GENERATED_PREFIX) ? generatedSources() : undefined
    return generated?.[name] ?? readImport(name, from)
  }
  const pending = Object.entries(sources)
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [name, content] = next
    complete[name] = content
    for (const imported of importsOf(name, content)) {
      if (!(imported in complete) && !(imported in sources)) pending.push([imported, read(imported, name)])
    }
  }
  return Object.fromEntries(Object.entries(complete).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function importsOf(name: string, content: string): string[] {
  const paths = [...content.matchAll(/^\s*import\s[^;]*?["']([^"']+)["']\s*;/gm)].map((match) => match[1]!)
  return paths.map((path) => (path.startsWith('.') ? join(name, '..', path).replaceAll('\\', '/') : path))
}

function readImport(name: string, from: string): string {
  const path = name.startsWith('contracts/') ? join(REPOSITORY_ROOT, name) : packagePath(name)
  if (path === undefined || !existsSync(path))
    throw new ToolError(`${from} imports ${name}, which is nowhere`)
  return readFileSync(path, 'utf8')
}

function packagePath(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch {
    return undefined
  }
}
