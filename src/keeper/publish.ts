import { AbiCoder, keccak256, type Signer } from 'ethers'
import type { BookHead, ProvenKept } from '../chain/client.ts'
import { publishBook } from '../chain/client.ts'
import type { Sent } from '../chain/transactions.ts'
import { view } from '../chain/transactions.ts'
import { ToolError } from '../protocol/errors.ts'
import { KEPT_LEAVES } from '../protocol/liquidation.ts'
import { keptWitness } from '../prover/kept-inputs.ts'
import type { KeeperContext } from './context.ts'

/** The venue publishes its book as the next head, with the proofs that the leaves of open cases still stand in it. */
export async function publishVenueBook(
  context: Pick<KeeperContext, 'connection' | 'venueBook' | 'hasher' | 'provers'>,
  venue: Signer,
): Promise<Sent & BookHead> {
  const { connection, venueBook } = context
  const { book } = venueBook
  const baseSequence = await view<bigint>(connection.registry, 'headSequence', [], connection.errors)
  const leaves = AbiCoder.defaultAbiCoder().encode(['uint256[]'], [[...book.leaves]])
  const sent = await publishBook(connection, venue, {
    baseSequence: Number(baseSequence),
    treeRoot: book.treeRoot,
    count: book.count,
    dataHash: keccak256(leaves),
    kept: await keptProofs(context),
  })
  if (sent.bookRoot !== book.root) throw new ToolError('contract and book disagree on the book root')
  return sent
}

/** Four held leaves to a proof, in the registry's order. */
async function keptProofs({
  connection,
  venueBook,
  hasher,
  provers,
}: Pick<KeeperContext, 'connection' | 'venueBook' | 'hasher' | 'provers'>): Promise<ProvenKept[]> {
  const held = await view<bigint[]>(connection.registry, 'heldTags', [], connection.errors)
  const proofs: ProvenKept[] = []
  for (let first = 0; first < held.length; first += KEPT_LEAVES) {
    const openings = [...held].slice(first, first + KEPT_LEAVES).map((tag) => venueBook.opening(tag))
    proofs.push(await provers.kept.prove(keptWitness(hasher, venueBook.instance, openings)))
  }
  return proofs
}
