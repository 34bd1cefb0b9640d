/**
 * Bundles the console once for each state of the sources, and reads it for the service to serve. Boundary module: files.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type BuildOptions, build, version as esbuildVersion } from 'esbuild'
import { embedding, NODE_ONLY, poseidonModule, textModule } from '../page/embedding.ts'
import { cached, REPOSITORY_ROOT } from '../prover/cache.ts'
import type { ConsoleFile, ConsoleFiles } from '../service/console-files.ts'

const FOLDER = join(REPOSITORY_ROOT, 'src', 'console')
const PAGE = 'index.html'

/** Built into the cache folder when it is not there; a second or two. Throws what esbuild throws. */
export async function openConsole(cacheRoot?: string): Promise<ConsoleFiles> {
  const folder = await cached({
    root: cacheRoot,
    name: 'console',
    key: [esbuildVersion, sourcesHash()],
    build: writeConsole,
  })
  const names = readdirSync(folder).filter((name) => /\.(js|css)$/.test(name))
  return {
    page: fileOf(folder, PAGE, false),
    files: new Map(names.map((name) => [name, fileOf(folder, name, true)])),
  }
}

/** Everything that a bundle could be made of: all sources, and the versions of the packages. */
function sourcesHash(): string {
  const root = join(REPOSITORY_ROOT, 'src')
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(tsx?|css|html)$/.test(name),
  )
  const hash = createHash('sha256').update(readFileSync(join(REPOSITORY_ROOT, 'package-lock.json')))
  for (const name of names.sort()) hash.update(`\n${name}\n`).update(readFileSync(join(root, name)))
  return hash.digest('hex')
}

async function writeConsole(folder: string): Promise<void> {
  const [worker] = await bundled(folder, {
    entryPoints: { worker: join(FOLDER, 'worker', 'main.ts') },
    format: 'iife',
    plugins: [embedding({ 'embedded:poseidon': await poseidonModule() })],
  })
  const [theme] = await bundled(folder, {
    entryPoints: { theme: join(FOLDER, 'app', 'early-theme.ts') },
    format: 'iife',
  })
  const [style] = await bundled(folder, { entryPoints: { style: join(FOLDER, 'style', 'index.css') } })
  const [script] = await bundled(folder, {
    entryPoints: { console: join(FOLDER, 'app', 'main.tsx') },
    format: 'esm',
    // What only a bidder needs comes when it is needed.
    splitting: true,
    plugins: [embedding({ 'embedded:worker-file': textModule(worker!) })],
  })
  const names: Readonly<Record<string, string>> = { style: style!, theme: theme!, script: script! }
  const template = readFileSync(join(FOLDER, PAGE), 'utf8')
  await writeFile(
    join(folder, PAGE),
    template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => names[name]!),
  )
}

/** Names of the entries' files, which hold their hashes. */
async function bundled(folder: string, options: BuildOptions): Promise<string[]> {
  const { metafile } = await build({
    bundle: true,
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    charset: 'ascii',
    outdir: folder,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    metafile: true,
    external: NODE_ONLY,
    logLevel: 'silent',
    ...options,
  })
  return Object.entries(metafile!.outputs)
    .filter(([, output]) => output.entryPoint !== undefined)
    .map(([path]) => basename(path))
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
}

function fileOf(folder: string, name: string, immutable: boolean): ConsoleFile {
  const body = readFileSync(join(folder, name))
  return {
    type: TYPES[name.split('.').at(-1)!]!,
    body,
    gzip: gzipSync(body),
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`,
    immutable,
  }
}
