/**
 * Builds what other programs import, as JavaScript with types: `tacit/client` and `tacit/contracts`. Node runs no TypeScript
 * below node_modules, in any version, so sources would serve bundlers alone. Boundary module: files below build/.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import ts from 'typescript'
import { contractAbis } from '../../src/chain/abis.ts'
import { ToolError } from '../../src/protocol/errors.ts'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { contractsSource } from './contracts-source.ts'

export const PACKAGE_FOLDER = join(REPOSITORY_ROOT, 'build', 'package')

/** Files are the same for the same sources. Throws ToolError when something does not compile. */
export async function buildPackage(): Promise<void> {
  const contracts = join(PACKAGE_FOLDER, 'source', 'contracts.ts')
  mkdirSync(join(PACKAGE_FOLDER, 'source'), { recursive: true })
  writeFileSync(contracts, contractsSource(await contractAbis()))
  const client = join(REPOSITORY_ROOT, 'src', 'service', 'client', 'index.ts')
  await build({
    entryPoints: { client, contracts },
    outdir: PACKAGE_FOLDER,
    bundle: true,
    format: 'esm',
    // Nothing of Node's: browsers load the same files.
    platform: 'neutral',
    target: 'es2022',
    packages: 'external',
    logLevel: 'silent',
  })
  writeTypes([client, contracts])
}

function writeTypes(entries: readonly string[]): void {
  const { config } = ts.readConfigFile(join(REPOSITORY_ROOT, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, REPOSITORY_ROOT)
  const { tsBuildInfoFile: _, ...shared } = options
  const program = ts.createProgram({
    rootNames: entries,
    options: {
      ...shared,
      noEmit: false,
      incremental: false,
      declaration: true,
      noCheck: true,
      emitDeclarationOnly: true,
      rootDir: REPOSITORY_ROOT,
      outDir: join(PACKAGE_FOLDER, 'types'),
    },
  })
  const { diagnostics } = program.emit()
  if (diagnostics.length > 0) {
    throw new ToolError(
      diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')).join('\n'),
    )
  }
}
