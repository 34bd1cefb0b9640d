/**
 * Builds the page into one file of HTML: style, scripts, worker and the WebAssembly of Poseidon stand in it, named by their
 * hashes in its own policy. It asks nobody for anything, and its policy forbids it to.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { embedding, NODE_ONLY, poseidonModule, textModule } from '../../src/page/embedding.ts'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'

const FOLDER = join(REPOSITORY_ROOT, 'src/page')

/** The text of index.html. */
export async function buildPage(): Promise<string> {
  const thread = await bundled('../prover/engine/browser/worker.ts', {})
  const worker = await bundled('worker.ts', {
    'embedded:poseidon': await poseidonModule(),
    'embedded:thread': textModule(thread),
  })
  const script = await bundled('main.ts', { 'embedded:worker': textModule(worker) })
  const style = source('page.css')
  return filled(source('index.html'), { policy: policyOf(script, style), style, script })
}

/** One script without imports, in which `embedded` modules have these sources. */
async function bundled(entry: string, embedded: Readonly<Record<string, string>>): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(FOLDER, entry)],
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    // Every byte below 128: the file means the same in any encoding.
    charset: 'ascii',
    write: false,
    external: NODE_ONLY,
    logLevel: 'silent',
    plugins: [embedding(embedded)],
  })
  return inHtml(outputFiles[0]!.text)
}

/** What a browser would take for the end of a script, or for a comment in it, written otherwise. */
function inHtml(script: string): string {
  return script.replaceAll(/<\/(?=script)/gi, '<\\/').replaceAll('<!--', '\\x3C!--')
}

function policyOf(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(script)}' 'wasm-unsafe-eval'`,
    `style-src '${hashOf(style)}'`,
    'worker-src blob:',
    // The empty icon, in place of which a browser would ask the host for one.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

/** The template names them in ways that leave it sound HTML. */
function filled(template: string, values: Readonly<Record<string, string>>): string {
  const places = /\/\* (\w+) \*\/|\{\{(\w+)\}\}/g
  const named = [...template.matchAll(places)].map(([, block, inline]) => block ?? inline)
  if (named.join() !== Object.keys(values).join()) throw new Error(`the page has places for ${named}`)
  return template.replaceAll(places, (_, block?: string, inline?: string) => values[block ?? inline!]!)
}

function source(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8')
}
