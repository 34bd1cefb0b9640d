import type { EventLog } from 'ethers'
import { THRESHOLD_CODES } from '../protocol/claims.ts'
import type { EngineConnection } from './engine-client/connection.ts'
import { viewOf } from './engine-client/connection.ts'
import { ContractRefusal, view } from './transactions.ts'

/** What of a seal stands in events: demands without an answer, and tags that count for it. Boundary module: network. */
export interface OpenDemand {
  readonly step: number
  readonly challenger: string
  /** Answered at or before this second. */
  readonly answerUntil: number
  readonly bondLots: bigint
}

/** DemandState.Open of SealStore. */
const OPEN = 1n

/** In the order of their steps. @param fromBlock of the deployment, to spare the chain a long search */
export async function openDemands(
  connection: EngineConnection,
  sealId: bigint,
  fromBlock = 0,
): Promise<OpenDemand[]> {
  const { seals } = connection.contracts
  const demanded = (await seals.queryFilter(seals.filters.StepDemanded!(sealId), fromBlock)) as EventLog[]
  const steps = [...new Set(demanded.map(({ args }) => Number(args.step)))].sort((a, b) => a - b)
  const demands = await Promise.all(
    steps.map(async (step) => {
      const [challenger, answerUntil, bondLots, state] = await viewOf<[string, bigint, bigint, bigint]>(
        connection,
        'seals',
        'demandOf',
        [sealId, step],
      )
      return { step, challenger, answerUntil: Number(answerUntil), bondLots, state }
    }),
  )
  return demands.filter(({ state }) => state === OPEN).map(({ state: _state, ...demand }) => demand)
}

/** Lines that a tag must have been shown to be below. */
const COUNTED = [THRESHOLD_CODES.zero, THRESHOLD_CODES.mm]

/**
 * Tags triggered on a round that the contract would count for an epoch, ascending. Those that this prover has shown
 * before are not among them.
 */
export async function countableTags(
  connection: EngineConnection,
  prover: string,
  { epoch, roundSequence }: { readonly epoch: number; readonly roundSequence: number },
  fromBlock = 0,
): Promise<bigint[]> {
  const { attestor } = connection
  const events = await Promise.all(
    COUNTED.map((threshold) => attestor.queryFilter(attestor.filters.Triggered!(null, threshold), fromBlock)),
  )
  const onRound = (events.flat() as EventLog[]).filter(
    ({ args }) => args.roundSequence === BigInt(roundSequence),
  )
  const tags = [...new Set(onRound.map(({ args }) => args.tag as bigint))].sort((a, b) => (a < b ? -1 : 1))
  const counted = await Promise.all(
    tags.map((tag) => wouldCount(connection, prover, [epoch, roundSequence, [tag]])),
  )
  return tags.filter((_, index) => counted[index])
}

/** Refused: the record no longer stands for the epoch's book, or this prover has shown the tag. */
async function wouldCount(
  { contracts, errors }: EngineConnection,
  from: string,
  args: readonly unknown[],
): Promise<boolean> {
  try {
    await view(contracts.seals, 'proveTags', [...args, { from }], errors)
    return true
  } catch (error) {
    if (error instanceof ContractRefusal) return false
    throw error
  }
}
