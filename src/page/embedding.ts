/** Modules whose text the build puts into a bundle (embedded.d.ts). For builds only: runs in Node. */
import { buildPoseidon } from 'circomlibjs'
import type { Plugin } from 'esbuild'

/** Asked for where there is no browser only: threads of Node, and a witness program's file. */
export const NODE_ONLY = ['node:worker_threads', 'node:fs/promises']

/** @param sources of `embedded:` modules, by their names */
export function embedding(sources: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'embedded',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^embedded:/ }, ({ path }) => ({ path, namespace: 'embedded' }))
      onLoad({ filter: /.*/, namespace: 'embedded' }, ({ path }) => {
        const contents = sources[path]
        if (contents === undefined) throw new Error(`nothing is embedded as ${path}`)
        return { contents, loader: 'js' }
      })
    },
  }
}

export function textModule(text: string): string {
  return `export default ${JSON.stringify(text)}`
}

/** The WebAssembly of Poseidon: the module embedded:poseidon. */
export async function poseidonModule(): Promise<string> {
  const { code, memory } = (await buildPoseidon()).F.tm
  const pages = memory.buffer.byteLength / 65_536
  return `export const code = '${Buffer.from(code).toString('base64')}'\nexport const pages = ${pages}\n`
}
