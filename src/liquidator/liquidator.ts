import { hexlify, type Signer } from 'ethers'
import type { BookOpening } from '../book/book.ts'
import { openDisclosure } from '../book/disclosure.ts'
import type { LotDisclosure } from '../book/disclosure-format.ts'
import { disclosureKeys } from '../book/disclosure-keys.ts'
import { type BidPrice, priceBid, type SlippageTax, type ValueView } from '../book/disclosure-pricing.ts'
import { OWNERSHIP_CHANGE } from '../book/liquidation/adjust.ts'
import type { RoundRisk } from '../book/liquidation/requirement.ts'
import { checkSubAccount } from '../book/liquidation/sub-account.ts'
import { withdrawalContext } from '../chain/context.ts'
import { readCase } from '../chain/engine-client/cases.ts'
import { type EngineConnection, sendTo, viewOf } from '../chain/engine-client/connection.ts'
import {
  bondLiquidator,
  commitBid,
  readLiquidator,
  reclaimBid,
  registerSubAccount,
  revealBid,
  setDisclosureKey,
} from '../chain/engine-client/liquidator.ts'
import { readParameters } from '../chain/engine-client/parameters.ts'
import { toSolidityProof } from '../chain/generate-verifier.ts'
import type { Sent } from '../chain/transactions.ts'
import { adjustSignalsToArray } from '../protocol/engine-signals.ts'
import { InputError } from '../protocol/errors.ts'
import type { MarginInstance } from '../protocol/instances.ts'
import { WHOLE_PERCENT } from '../protocol/liquidation.ts'
import type { Hasher } from '../protocol/poseidon.ts'
import { adjustWitness } from '../prover/adjust-inputs.ts'
import type { EngineProver } from '../prover/engine-circuits.ts'
import type { RiskRound } from '../prover/margin-inputs.ts'
import type { BidStore } from './bid-store.ts'

/** A liquidator: what it signs with, what it reads slices with, where its sealed bids are. Boundary module: network. */
export interface LiquidatorContext {
  readonly connection: EngineConnection
  readonly hasher: Hasher
  readonly instance: MarginInstance
  readonly signer: Signer
  /** X25519 secret key, 32 bytes. */
  readonly disclosureSecretKey: Uint8Array
  readonly bids: BidStore
  /** 32 uniform bytes, other ones at every call. */
  readonly salt: () => Uint8Array
}

// ---------------------------------------------------------------- registration

/**
 * Sets the disclosure key and puts the bond up to the engine's least, out of free lots of the escrow. Does only what is
 * missing, so it may be called again.
 */
export async function register({
  connection,
  signer,
  disclosureSecretKey,
}: LiquidatorContext): Promise<Sent[]> {
  const { disclosureKey, bondLots } = await readLiquidator(connection, await signer.getAddress())
  const { liquidatorBondLots } = await readParameters(connection)
  const wanted = hexlify(disclosureKeys(disclosureSecretKey).publicKey)
  const sent: Sent[] = []
  if (disclosureKey !== wanted) sent.push(await setDisclosureKey(connection, signer, wanted))
  if (bondLots < liquidatorBondLots) {
    sent.push(await bondLiquidator(connection, signer, liquidatorBondLots - bondLots))
  }
  return sent
}

/**
 * Shows the vault, by a withdrawal of nothing, that an account is the liquidator's, and registers it. The venue still has to
 * vouch that it holds nothing but cash. Throws InputError or RuleError for an account that cannot be a sub-account.
 */
export async function registerOwnSubAccount(
  { connection, hasher, instance, signer }: LiquidatorContext,
  opening: BookOpening,
  tag: bigint,
  round: RiskRound,
  prover: EngineProver<'adjust'>,
): Promise<Sent> {
  const owner = await signer.getAddress()
  checkSubAccount(hasher, opening.account, { owner: BigInt(owner), tag })
  const shown = await viewOf<[string, bigint, bigint]>(connection, 'vault', 'ownershipOf', [tag])
  if (BigInt(shown[0]) !== BigInt(owner)) {
    const args = await ownershipProof({ connection, hasher, instance }, opening, owner, round, prover)
    await sendTo(connection, 'vault', 'withdraw', args, signer)
  }
  return registerSubAccount(connection, signer, tag)
}

const FAR_DEADLINE = 2n ** 40n

/** Arguments of a withdrawal of nothing by an owner: of the vault's withdraw, and of the house's registration. */
export async function ownershipProof(
  { connection, hasher, instance }: Pick<LiquidatorContext, 'connection' | 'hasher' | 'instance'>,
  opening: BookOpening,
  owner: string,
  round: RiskRound,
  prover: EngineProver<'adjust'>,
): Promise<readonly unknown[]> {
  const { chainId, vault } = connection.deployment
  const nonce = await viewOf<bigint>(connection, 'vault', 'nonces', [owner])
  const terms = { recipient: owner, nonce, deadline: FAR_DEADLINE }
  const witness = adjustWitness(hasher, instance, opening, round, {
    change: OWNERSHIP_CHANGE,
    context: withdrawalContext(chainId, vault, terms),
  })
  const { proof, signals } = await prover.prove(witness)
  return [toSolidityProof(proof), adjustSignalsToArray(signals), [owner, nonce, FAR_DEADLINE, '0x']]
}

// ---------------------------------------------------------------- the slice

/** Opens a package and holds it against everything that the chain says of the case. Throws DisclosureError. */
export async function openSlice(
  { connection, hasher, instance, disclosureSecretKey }: LiquidatorContext,
  caseId: string,
  text: string,
  venueKey: Uint8Array,
): Promise<LotDisclosure> {
  const { chainId, engine } = connection.deployment
  const { kind, percent, round, slice, stage } = await readCase(connection, caseId)
  if (slice === 0n) throw new InputError(`the case is ${stage}: it has nothing on sale`, { field: 'case' })
  const mode = kind === 'full' ? 'slice' : 'soft'
  const expected = {
    caseId,
    chainId,
    engine,
    slice,
    terms: { mode, percent: kind === 'full' ? percent : WHOLE_PERCENT } as const,
    round,
    venueKey,
    slotCount: instance.slots,
  }
  return openDisclosure(hasher, text, expected, disclosureSecretKey)
}

/** What to bid for an opened slice, by the liquidator's own view of values. */
export async function priceSlice(
  { connection }: Pick<LiquidatorContext, 'connection'>,
  caseId: string,
  lot: LotDisclosure,
  round: RoundRisk,
  options: { readonly view?: ValueView; readonly marginNano: bigint },
): Promise<BidPrice> {
  const { carryLots, capBps } = await readCase(connection, caseId)
  const { modelledImpactBps, slippageFreeBps, slippageTaxShareBps } = await readParameters(connection)
  const tax: SlippageTax = { modelledImpactBps, slippageFreeBps, taxShareBps: slippageTaxShareBps }
  return priceBid({ lot, round, ...options, tax, carryLots, capBps })
}

// ---------------------------------------------------------------- sealed bids

/**
 * Seals a bid. The salt is on disk before anything is sent; a second call for the same case sends the same bid again and
 * never another, so that a restart in between costs nothing.
 */
export async function commit(
  context: LiquidatorContext,
  caseId: string,
  bid: { readonly discountBps: bigint; readonly subTag: bigint },
): Promise<Sent> {
  const { connection, signer, bids, salt } = context
  const stored = await storedBid(context, caseId)
  if (stored !== undefined && (stored.discountBps !== bid.discountBps || stored.subTag !== bid.subTag)) {
    throw new InputError(
      `a bid of ${stored.discountBps} bps for this case is sealed already: reveal it, or remove it from ${bids.path}`,
      { field: 'discount' },
    )
  }
  const sealed = stored ?? { ...(await keyOf(context, caseId)), ...bid, salt: hexlify(salt()) }
  if (stored === undefined) bids.put(sealed)
  return commitBid(connection, signer, caseId, sealed)
}

/** Opens the bid that was sealed for a case. Throws InputError when this liquidator has none on disk. */
export async function reveal(context: LiquidatorContext, caseId: string): Promise<Sent> {
  const stored = await storedBid(context, caseId)
  if (stored === undefined) {
    throw new InputError('holds no bid of this liquidator for the case', { file: context.bids.path })
  }
  return revealBid(context.connection, context.signer, caseId, stored)
}

/** Fetches bond and escrow of a bid or an offer, and forgets the salt. */
export async function refund(
  context: LiquidatorContext,
  caseId: string,
  stage: 'soft' | 'sealed',
): Promise<Sent> {
  const sent = await reclaimBid(context.connection, context.signer, stage, caseId)
  if (stage === 'sealed') context.bids.remove(await keyOf(context, caseId))
  return sent
}

async function storedBid(context: LiquidatorContext, caseId: string) {
  return context.bids.find(await keyOf(context, caseId))
}

async function keyOf({ connection, signer }: LiquidatorContext, caseId: string) {
  const { chainId, sealed } = connection.deployment
  return { chainId, auction: sealed, caseId: caseId.toLowerCase(), bidder: await signer.getAddress() }
}
