/** The files that a circom main file is made of. */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ToolError } from '../protocol/errors.ts'

export interface SourceFile {
  readonly path: string
  readonly text: string
}

/**
 * A file and all that it includes, directly or not, each once, in the order of first mention. Includes are looked
 * up as the compiler does: beside the including file, then in the include folders in order.
 * @throws ToolError when a file cannot be found
 */
export async function includeClosure(
  mainFile: string,
  includeFolders: readonly string[],
): Promise<SourceFile[]> {
  const found = new Map<string, SourceFile>()
  const visit = async (path: string, text: string): Promise<void> => {
    found.set(path, { path, text })
    for (const include of includesOf(text)) {
      const next = await locate(include, [dirname(path), ...includeFolders])
      if (next === undefined)
        throw new ToolError(`${path} includes "${include}", which is in no include folder`)
      if (!found.has(next.path)) await visit(next.path, next.text)
    }
  }
  const main = await locate(mainFile, [process.cwd()])
  if (main === undefined) throw new ToolError(`${mainFile} does not exist`)
  await visit(main.path, main.text)
  return [...found.values()]
}

function includesOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/\/\/.*$/gm, ' ')
  return [...code.matchAll(/\binclude\s+"([^"]+)"/g)].map((match) => match[1]!)
}

async function locate(name: string, folders: readonly string[]): Promise<SourceFile | undefined> {
  for (const folder of folders) {
    const path = resolve(folder, name)
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text !== undefined) return { path, text }
  }
  return undefined
}
