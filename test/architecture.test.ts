import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const LAYERS = [
  'protocol',
  'fixed-point',
  'risk',
  'oracle',
  'book',
  'prover',
  'bundle',
  'page',
  'stress',
  'chain',
  'feeder',
  'liquidator',
  'keeper',
  'service',
  'live',
  'console',
  'cli',
] as const
const PURE = ['protocol', 'fixed-point', 'risk', 'oracle', 'book'] as const
const source = resolve(import.meta.dirname, '../src')

function typescriptFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => join(folder, path))
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const pattern = /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]|new URL\(\s*['"](\.[^'"]+)['"]/g
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2]!)
}

function layerOf(file: string): string {
  return relative(source, file).split('/')[0]!
}

describe('layers point one way', () => {
  it('has no folder outside the layers', () => {
    expect(readdirSync(source).sort()).toEqual([...LAYERS].sort())
  })

  for (const layer of LAYERS) {
    it(`${layer} imports itself and what is to its left`, () => {
      const allowed = LAYERS.slice(0, LAYERS.indexOf(layer) + 1) as readonly string[]
      const upward = typescriptFiles(join(source, layer)).flatMap((file) =>
        importsOf(file)
          .filter((specifier) => specifier.startsWith('.'))
          .map((specifier) => resolve(dirname(file), specifier))
          // The repository's own folders (contracts, circuits) are read as data by URL, never imported.
          .filter((target) => target.startsWith(`${source}/`))
          .filter((target) => !allowed.includes(layerOf(target)))
          .map((target) => `${relative(source, file)} imports ${relative(source, target)}`),
      )
      expect(upward).toEqual([])
    })
  }
})

describe('the proving engine', () => {
  it('could stand as a package of its own: it imports nothing from the rest', () => {
    const engine = join(source, 'prover', 'engine')
    const outside = typescriptFiles(engine).flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => resolve(dirname(file), specifier))
        .filter((target) => !target.startsWith(`${engine}/`)),
    )
    expect(outside).toEqual([])
  })
})

describe('the core is pure', () => {
  const impure = [
    /Math\.random/,
    /Date\.now|new Date\(\)/,
    /process\.(env|cwd|argv)/,
    /\bfetch\(/,
    /performance\.now/,
  ]
  for (const layer of PURE) {
    it(`${layer} touches no clock, randomness, environment, file or network`, () => {
      const offences = typescriptFiles(join(source, layer)).flatMap((file) => {
        const text = readFileSync(file, 'utf8')
        const imports = importsOf(file).filter((specifier) => specifier.startsWith('node:'))
        const calls = impure.filter((pattern) => pattern.test(text)).map(String)
        return [...imports, ...calls].map((offence) => `${relative(source, file)}: ${offence}`)
      })
      expect(offences).toEqual([])
    })
  }
})
