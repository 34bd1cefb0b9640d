/** `npm run package`: what other programs import, built into build/package. `npm pack` does it by itself. */
import { Command } from 'commander'
import { buildPackage, PACKAGE_FOLDER } from './build.ts'

await new Command('npm run package --')
  .description('Builds tacit/client and tacit/contracts: JavaScript and types for other programs.')
  .action(async () => {
    await buildPackage()
    process.stdout.write(`${PACKAGE_FOLDER}\n`)
  })
  .parseAsync()
