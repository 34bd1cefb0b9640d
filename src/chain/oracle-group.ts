import { Contract, Interface, type Signer } from 'ethers'
import {
  groupEvidence,
  groupPlaces,
  JUDGES,
  type PostedLookup,
  type PostedRound,
} from './oracle-challenge.ts'
import type { OracleConnection } from './oracle-client.ts'
import { type Sent, send, view } from './transactions.ts'

/** Prepares the leaves of a group, so that its challenge takes no more gas than a transaction should. Boundary module: network. */

/** Leaves to a transaction: with evidence of more rounds than two, whose vectors stand for halted instruments, fewer. */
const LEAVES_AT_ONCE = { fewRounds: 4, manyRounds: 2 } as const
const FEW_ROUNDS = 2

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
  const { sequences, rounds } = groupEvidence(round, group, lookup)
  const facts = await view<unknown[][]>(oracle, 'factsOf', [sequences], errors)
  const judges = await view<string[]>(oracle, 'judges', [], errors)
  const judge = new Contract(judges[JUDGES.indexOf('group')]!, GROUP_JUDGE, oracle.runner)
  const places = groupPlaces(group)
  const sent: Sent[] = []
  const atOnce = LEAVES_AT_ONCE[rounds.length > FEW_ROUNDS ? 'manyRounds' : 'fewRounds']
  for (let from = 0; from < places.length; from += atOnce) {
    const some = places.slice(from, from + atOnce)
    const args = [facts.map((entry) => [...entry]), rounds, some]
    sent.push(await send(judge, 'prepare', args, challenger, errors))
  }
  return sent
}
