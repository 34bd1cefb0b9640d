/** What a feeder and an aggregator work with, opened from their common options and closed again. Boundary module: network. */
import type { Command } from 'commander'
import type { JsonRpcProvider } from 'ethers'
import { connectOracle, type OracleConnection } from '../chain/oracle-client.ts'
import type { MatrixMaking } from '../feeder/build-round.ts'
import type { Clock } from '../feeder/clock.ts'
import { OracleReader } from '../feeder/oracle-reader.ts'
import { pooledMaking } from '../feeder/pooled-making.ts'
import { DEFAULT_ORACLE_PARAMETERS, type OracleParameters } from '../oracle/oracle-parameters.ts'
import { MARGIN_INSTANCES } from '../protocol/instances.ts'
import type { Io } from './io.ts'
import { type InstanceOptions, withCache, withInstance } from './options.ts'
import {
  type ClockOptions,
  clockOf,
  configurationsOf,
  type OracleOptions,
  providerOf,
  withClock,
  withOracle,
} from './oracle-options.ts'
import type { Output } from './output.ts'
import { cacheFolders } from './prover.ts'

export interface OracleWorkOptions extends OracleOptions, InstanceOptions, ClockOptions {
  readonly cache?: string
}

export function withOracleWork(command: Command): Command {
  return withOracle(withClock(withCache(withInstance(command))))
}

export interface OracleWork {
  readonly provider: JsonRpcProvider
  readonly connection: OracleConnection
  readonly parameters: OracleParameters
  readonly reader: OracleReader
  readonly making: MatrixMaking
  readonly clock: Clock
}

/** @throws ChainError when nothing answers, SetupError for the chain's clock off a local chain */
export async function workOnOracle<T>(
  options: OracleWorkOptions,
  io: Io,
  out: Output,
  work: (opened: OracleWork) => Promise<T>,
): Promise<T> {
  const provider = await providerOf(options.rpc)
  try {
    const clock = await clockOf(options, provider, out)
    const connection = await connectOracle(options.oracle, provider, cacheFolders(options, io).build)
    const parameters = DEFAULT_ORACLE_PARAMETERS
    const reader = new OracleReader({
      ...{ connection, fromBlock: options.fromBlock, parameters },
      configurations: configurationsOf(options.configuration),
    })
    const making = await pooledMaking(MARGIN_INSTANCES[options.instance], reader)
    try {
      return await work({ provider, connection, parameters, reader, making, clock })
    } finally {
      await making.close()
    }
  } finally {
    provider.destroy()
  }
}
