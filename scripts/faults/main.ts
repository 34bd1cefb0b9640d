/**
 * `npm run faults`: a service, its workers and its database are killed at random for minutes, while the chain that it follows
 * loses blocks and the node before it fails; then everything is accounted for.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import { progress } from '../bench/progress.ts'
import type { ChainStormCount } from './chain/storm.ts'
import { type FaultOptions, RPC_TIMEOUT_MS, runFaults } from './run.ts'

function whole(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('must be a whole number')
  return Number(text)
}

type Side = 'processes' | 'chain'

const { seconds, seed, only, json } = new Command('npm run faults --')
  .description(
    'Kills service, workers and database (a PostgreSQL server of its own) with SIGKILL at random while clients order ' +
      'proofs. Meanwhile the local chain that the service follows reorganises, is taken back, killed and started again, ' +
      'rounds come out of order and twice, and the node before it is silent, late, half, behind or away. Afterwards every ' +
      'order must have been answered with one job and the right proof, and the state must be that of a replay: of ' +
      'rounds and books from nothing, and of the chain by a follower that has seen none of it. Exit code 1 when something ' +
      'does not hold.',
  )
  .option('--seconds <number>', 'how long', whole, 300)
  .option('--seed <number>', 'of all that is random', whole, 1)
  .addOption(new Option('--only <side>', 'one of the two storms').choices(['processes', 'chain']))
  .option('--json', 'one JSON object as the last line', false)
  .parse()
  .opts<{ seconds: number; seed: number; only?: Side; json: boolean }>()

const chain = {
  seed,
  plan: { seconds },
  pauseMs: 1_500,
  lateMs: 2 * RPC_TIMEOUT_MS,
  actsBetween: [3, 12] as const,
}
const options: FaultOptions = {
  seed,
  plan: only === 'chain' ? { victims: [] } : { seconds },
  gapMs: [2_000, 8_000],
  awayMs: 2_000,
  workers: 2,
  clients: 4,
  pauseMs: 3_000,
  chain: only === 'processes' ? undefined : chain,
}

function counted(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).filter(([, count]) => count > 0)
  return entries.length === 0 ? 'nothing' : entries.map(([name, count]) => `${name} ${count}`).join(', ')
}

function tellChain({ acts, refused, upheavals, faults, requests }: ChainStormCount): void {
  console.log(`on the chain: ${counted(acts)}; ${refused} refused, as what they built upon was undone`)
  console.log(`the chain's upheavals: ${counted(upheavals)}`)
  console.log(`the node's faults in ${requests} requests: ${counted(faults)}`)
}

const run = await runFaults(
  options,
  progress('faults', (line) => console.error(line.replace(/^bench /, ''))),
)
if (run === undefined) process.exitCode = 1
else {
  console.log(`killed in ${seconds} s, seed ${seed}: ${counted(run.kills)}`)
  if (run.chain !== undefined) tellChain(run.chain)
  console.log(
    `${run.orders} orders, ${run.rounds} rounds and books; ${run.unanswered} requests were made again`,
  )
  for (const fault of run.faults) console.log(`FAULT ${fault}`)
  if (run.faults.length === 0)
    console.log('every order has one job and the right proof; the state is that of a replay')
  if (json) console.log(JSON.stringify(run))
  process.exitCode = run.faults.length === 0 ? 0 : 1
}
