/** Folders of keys that a user names for a pair of circuits: steps and seal. Boundary module: files. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../protocol/errors.ts'
import { MARGIN_INSTANCES } from '../protocol/instances.ts'
import { KEY_FILES } from '../prover/artifacts.ts'
import { SEAL_NAME } from '../prover/generate-seal.ts'
import { requireExisting } from './files.ts'

export const PAIR_HELP =
  'folder with the keys of both circuits, each in a folder of its name (margin-16, seal)'

/** Folders by role; none for development keys. */
export interface KeyPair {
  readonly step?: string
  readonly seal?: string
}

/** @param step name of the steps' circuit. Throws InputError unless the folder has both. */
export function keyPair(folder: string | undefined, step: string): KeyPair {
  if (folder === undefined) return {}
  const within = (name: string) => join(requireExisting(folder, 'folder'), name)
  for (const name of [step, SEAL_NAME]) {
    if (!isFolder(within(name)))
      throw new InputError(`has no folder "${name}": it takes a ${PAIR_HELP}`, { file: folder })
  }
  return { step: within(step), seal: within(SEAL_NAME) }
}

/**
 * Folders whose verification keys a reader trusts: the named one, if it holds keys itself, else those of circuits of a
 * solvency proof within it. Throws InputError when there are none.
 */
export function trustedFolders(folder: string): { readonly folder: string; readonly circuit?: string }[] {
  requireExisting(folder, 'folder')
  if (existsSync(join(folder, KEY_FILES.verificationKey))) return [{ folder }]
  const found = [...Object.keys(MARGIN_INSTANCES), SEAL_NAME]
    .map((circuit) => ({ folder: join(folder, circuit), circuit }))
    .filter((candidate) => isFolder(candidate.folder))
  if (found.length > 0) return found
  throw new InputError(`holds no keys: name a folder with ${KEY_FILES.verificationKey}, or a ${PAIR_HELP}`, {
    file: folder,
  })
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
