/** `npm run faults`: a service, its workers and its database are killed at random for minutes; then everything is accounted for. */
import { Command, InvalidArgumentError } from 'commander'
import { progress } from '../bench/progress.ts'
import { runFaults } from './run.ts'

function whole(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('must be a whole number')
  return Number(text)
}

const { seconds, seed, json } = new Command('npm run faults --')
  .description(
    'Kills service, workers and database (a PostgreSQL server of its own) with SIGKILL at random while clients order ' +
      'proofs. Afterwards every order must have been answered with one job and the right proof, and the state must be ' +
      'that of a replay. Exit code 1 when something does not hold.',
  )
  .option('--seconds <number>', 'how long', whole, 300)
  .option('--seed <number>', 'of all that is random', whole, 1)
  .option('--json', 'one JSON object as the last line', false)
  .parse()
  .opts<{ seconds: number; seed: number; json: boolean }>()

const options = {
  seed,
  plan: { seconds },
  gapMs: [2_000, 8_000],
  awayMs: 2_000,
  workers: 2,
  clients: 4,
  pauseMs: 3_000,
} as const
const run = await runFaults(
  options,
  progress('faults', (line) => console.error(line.replace(/^bench /, ''))),
)
if (run === undefined) process.exitCode = 1
else {
  const kills = Object.entries(run.kills).map(([name, count]) => `${name} ${count}`)
  console.log(`killed in ${seconds} s, seed ${seed}: ${kills.join(', ')}`)
  console.log(
    `${run.orders} orders, ${run.rounds} rounds and books; ${run.unanswered} requests were made again`,
  )
  for (const fault of run.faults) console.log(`FAULT ${fault}`)
  if (run.faults.length === 0)
    console.log('every order has one job and the right proof; the state is that of a replay')
  if (json) console.log(JSON.stringify(run))
  process.exitCode = run.faults.length === 0 ? 0 : 1
}
