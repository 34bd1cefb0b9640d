import type { Command } from 'commander'
import { connectOracle } from '../../chain/oracle-client.ts'
import { OracleWatch, type WatchedRound } from '../../chain/oracle-watch.ts'
import { ChainError } from '../../protocol/errors.ts'
import { MARGIN_INSTANCES } from '../../protocol/instances.ts'
import { poseidonHasher } from '../../protocol/poseidon.ts'
import { type Attach, newCommand } from '../command.ts'
import { readSigner } from '../engine-options.ts'
import { EXIT } from '../exit-codes.ts'
import { hex32 } from '../format.ts'
import { type InstanceOptions, withCache, withInstance } from '../options.ts'
import {
  configurationsOf,
  type OracleOptions,
  parseWhole,
  providerOf,
  withOracle,
} from '../oracle-options.ts'
import type { Output } from '../output.ts'
import { cacheFolders } from '../prover.ts'

interface WatchCommandOptions extends InstanceOptions, OracleOptions {
  readonly key?: string
  readonly once?: boolean
  readonly everySeconds: number
  readonly cache?: string
}

export function watchCommand(attach: Attach): Command {
  const command = withOracle(
    withCache(
      withInstance(
        newCommand({
          name: 'watch',
          summary: 'recompute every posted round and challenge the wrong ones',
          description:
            'Reads each round with its raw data from the chain, recomputes the risk matrix and compares. A wrong round is ' +
            'challenged: the contract recomputes the part that differs, rejects the round and pays the challenger out of ' +
            "the poster's bond. Without --key wrong rounds are only told. With --once the exit code is 1 if any round " +
            'was wrong, challenged or not.',
          examples: [
            'watch --oracle 0x... --rpc https://... --key challenger.key',
            'watch --oracle 0x... --once --json',
          ],
        }),
      ),
    ),
  )
    .option(
      '--key <file>',
      'private key of the challenger: 0x and 64 hex digits in a file that only its owner reads',
    )
    .option('--once', 'look once and end')
    .option('--every-seconds <number>', 'pause between two looks', parseWhole, 5)
  return attach<WatchCommandOptions>(command, async ({ io, out, options }) => {
    const provider = await providerOf(options.rpc)
    try {
      const connection = await connectOracle(options.oracle, provider, cacheFolders(options, io).build)
      const watch = new OracleWatch({
        connection,
        hasher: await poseidonHasher(),
        instance: MARGIN_INSTANCES[options.instance],
        configurations: configurationsOf(options.configuration),
        fromBlock: options.fromBlock,
        challenger: options.key === undefined ? undefined : readSigner(options.key, provider),
      })
      return await follow(watch, options, out)
    } finally {
      provider.destroy()
    }
  })
}

async function follow(watch: OracleWatch, options: WatchCommandOptions, out: Output) {
  for (;;) {
    const rounds = await out.task('recomputing rounds', () => stepOrWait(watch, options, out))
    for (const round of rounds) out.print(roundLine(round))
    if (options.once === true) {
      const isHonest = rounds.every(({ state }) => state === 'honest')
      if (rounds.length === 0) out.print('no round was posted')
      out.result({ rounds: rounds.map(roundJson), honest: isHonest })
      return isHonest ? EXIT.done : EXIT.no
    }
    for (const round of rounds) out.result(roundJson(round))
    await new Promise((resolve) => setTimeout(resolve, options.everySeconds * 1_000))
  }
}

/** A chain that does not answer for a while ends a single look, and not a watch. */
async function stepOrWait(
  watch: OracleWatch,
  { once }: WatchCommandOptions,
  out: Output,
): Promise<WatchedRound[]> {
  try {
    return await watch.step()
  } catch (error) {
    if (once === true || !(error instanceof ChainError)) throw error
    out.notice(error.message)
    return []
  }
}

function roundLine(round: WatchedRound): string {
  const { sequence, riskRoot, state, fault, sent, recomputeMs, failure } = round
  const what = `${fault === undefined ? '' : `: ${faultText(fault)}`}${failure === undefined ? '' : `: ${failure}`}`
  const gas = sent.map(({ gasUsed }) => gasUsed).join(' + ')
  const challenge = sent.length === 0 ? '' : `; challenged in ${sent.at(-1)!.transaction}, gas ${gas}`
  return `round ${sequence} ${hex32(riskRoot)} ${state}${what} (${recomputeMs.toFixed(0)} ms)${challenge}`
}

function faultText(fault: NonNullable<WatchedRound['fault']>): string {
  switch (fault.kind) {
    case 'format':
      return `section ${fault.section} of its raw data is malformed`
    case 'standing':
      return `another round's vector must stand for the halted instrument ${fault.id}`
    case 'scale':
      return `the scale of underlying ${fault.underlying} does not follow from what is published of it`
    case 'root':
      return 'its root is not that of its top nodes'
    case 'top':
      return `its top node ${fault.top} is not that of its groups`
    case 'group':
      return `its group ${fault.group} is not that of its raw data`
    case 'cell':
      return `its leaf at place ${fault.place} is not that of its raw data`
  }
}

function roundJson({ sent, fault, ...round }: WatchedRound) {
  return {
    ...{ ...round, riskRoot: hex32(round.riskRoot), fault: fault ?? null },
    transactions: sent.map(({ transaction, gasUsed }) => ({ transaction, gasUsed })),
  }
}
