/** `npm run page`: writes the regulator's page. Put the folder on any static host, or open the file from a disk. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { REPOSITORY_ROOT } from '../../src/prover/cache.ts'
import { buildPage } from './build.ts'

const program = new Command('npm run page --')
  .description('Builds the page that checks a bundle in a browser: one file, index.html.')
  .option('--out <folder>', 'where it goes', join(REPOSITORY_ROOT, 'build', 'page'))
  .action(async ({ out }: { out: string }) => {
    const page = await buildPage()
    mkdirSync(out, { recursive: true })
    const file = join(out, 'index.html')
    writeFileSync(file, page)
    const hash = createHash('sha256').update(page).digest('hex')
    process.stdout.write(`${file}\n${Math.round(page.length / 1024)} KiB, sha256 ${hash}\n`)
  })

await program.parseAsync()
