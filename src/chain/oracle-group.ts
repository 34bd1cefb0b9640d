import { Contract, dataLength, Interface, type Signer } from 'ethers'
import { CHALLENGE_GAS } from '../protocol/oracle-words.ts'
import { placeOf } from '../risk/risk-tree.ts'
import { groupPlaces, JUDGES, leafEvidence, type PostedLookup, type PostedRound } from './oracle-challenge.ts'
import type { OracleConnection } from './oracle-client.ts'
import { type Sent, send, view } from './transactions.ts'

/** Prepares the leaves of a group, so that its challenge takes no more gas than a transaction should. Boundary module: network. */

/**
 * What preparing takes at most, measured (test/oracle/bounds.test.ts, scripts/oracle/gas.ts): with the tables, to each leaf of
 * an option, and to each byte of calldata, its copies and hashes included.
 */
const GAS = { start: 360_000n, leaf: 540_000n, byte: 22n } as const

const MOST_LEAVES = 4

const FACTS =
  'tuple(uint64 sequence, uint64 previous, uint256 riskRoot, uint256 parameters, bytes32 configurationHash, bytes32 dataHash)[]'
const EVIDENCE =
  'tuple(bytes32[] sectionHashes, uint256[] indices, bytes[] sections, bytes32[] partHashes, uint256 partIndex, bytes part, uint256[] configuration)[]'
const GROUP_JUDGE = new Interface([`function prepare(${FACTS} facts, ${EVIDENCE} rounds, uint256[] places)`])

export async function prepareGroup(
  connection: OracleConnection,
  challenger: Signer,
  round: PostedRound,
  group: number,
  lookup: PostedLookup,
): Promise<Sent[]> {
  const { oracle, errors } = connection
  const judges = await view<string[]>(oracle, 'judges', [], errors)
  const judge = new Contract(judges[JUDGES.indexOf('group')]!, GROUP_JUDGE, oracle.runner)
  const sent: Sent[] = []
  for (const places of placesByRound(round, group)) {
    for (let from = 0; from < places.length; ) {
      const some = await fitting(places.slice(from), async (chosen) => {
        const { sequences, rounds } = leafEvidence(round, chosen, lookup)
        const facts = await view<unknown[][]>(oracle, 'factsOf', [sequences], errors)
        return [facts.map((entry) => [...entry]), rounds, chosen]
      })
      sent.push(await send(judge, 'prepare', some.args, challenger, errors))
      from += some.count
    }
  }
  return sent
}

/** The group's places by the round whose data their leaves follow from: of no more than two rounds is there evidence at once. */
function placesByRound({ data }: PostedRound, group: number): number[][] {
  const halts = new Map(data.halts.map(({ id, standingSequence }) => [placeOf(id), standingSequence]))
  const byRound = new Map<number, number[]>()
  for (const place of groupPlaces(group)) {
    const source = halts.get(place) ?? 0
    byRound.set(source, [...(byRound.get(source) ?? []), place])
  }
  return [...byRound.values()]
}

/** As many of the places as fit into one transaction, with their evidence. */
async function fitting(
  places: readonly number[],
  argsOf: (chosen: readonly number[]) => Promise<readonly unknown[]>,
): Promise<{ readonly count: number; readonly args: readonly unknown[] }> {
  for (let count = Math.min(places.length, MOST_LEAVES); ; count--) {
    const args = await argsOf(places.slice(0, count))
    const bytes = dataLength(GROUP_JUDGE.encodeFunctionData('prepare', args))
    const gas = GAS.start + GAS.leaf * BigInt(count) + GAS.byte * BigInt(bytes)
    if (count === 1 || gas <= CHALLENGE_GAS) return { count, args }
  }
}
