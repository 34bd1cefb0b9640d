/** The engine's contracts through a wallet. Loaded when somebody bids: it brings ethers along. Boundary module: network. */
import {
  BrowserProvider,
  Contract,
  getAddress,
  hexlify,
  Interface,
  type InterfaceAbi,
  type JsonRpcSigner,
  type Result,
  randomBytes,
} from 'ethers'
import { bidCommitment } from '../../../chain/engine-client/bid-commitment.ts'
import { reasonFor } from '../../../chain/reasons.ts'
import type { ChainDeployment } from '../../../service/client/index.ts'
import { publicClient } from '../data/service.ts'
import { findBid, putBid, removeBid, type StoredBid } from './bids.ts'
import { walletWords } from './provider.ts'
import { type ConnectedWallet, chainIdOf } from './wallet.ts'

const NAMES = ['sealed', 'soft', 'dutch', 'engine', 'liquidators', 'escrow', 'clock'] as const
type Name = (typeof NAMES)[number]

/** What the chain says of whoever bids. Amounts in lots. */
export interface Bidder {
  readonly isWhitelisted: boolean
  readonly isActive: boolean
  readonly freeLots: bigint
  /** Empty accounts that the venue vouched for and no other bid has taken. */
  readonly subTags: readonly string[]
}

/** What a bid or an offer has locked. Amounts in lots. */
export interface Held {
  readonly mode: 'sealed' | 'soft'
  readonly bondLots: bigint
  readonly escrowLots: bigint
  /** Everybody sees its discount: an opened bid, or an offer. */
  readonly isOpen: boolean
  readonly discountBps: bigint | null
  /** Why the contract does not give it back now, in words; undefined when it does. */
  readonly stays: string | undefined
}

/** A case as the chain has it, not as the service says. */
export interface CaseOnChain {
  readonly slice: bigint
  readonly percent: bigint
  readonly round: bigint
  /** 0: soft, 1: full. */
  readonly kind: bigint
}

const FULL = 1n

export class Engine {
  readonly #wallet: ConnectedWallet
  readonly #deployment: ChainDeployment
  readonly #signer: JsonRpcSigner
  readonly #contracts: Readonly<Record<Name, Contract>>

  private constructor(
    wallet: ConnectedWallet,
    deployment: ChainDeployment,
    signer: JsonRpcSigner,
    contracts: Readonly<Record<Name, Contract>>,
  ) {
    this.#wallet = wallet
    this.#deployment = deployment
    this.#signer = signer
    this.#contracts = contracts
  }

  /** Throws Error when the wallet's chain has no such contracts. */
  static async open(wallet: ConnectedWallet, deployment: ChainDeployment): Promise<Engine> {
    const provider = new BrowserProvider(wallet.provider as never, 'any')
    provider.pollingInterval = 500
    const signer = await provider.getSigner(wallet.address)
    const infos = await Promise.all(NAMES.map((name) => publicClient.abi(name)))
    const entries = infos.map(({ address, abi }, index) => [
      NAMES[index]!,
      new Contract(address, abi as InterfaceAbi, signer),
    ])
    const contracts = Object.fromEntries(entries) as Record<Name, Contract>
    if ((await provider.getCode(contracts.engine.target)) === '0x') {
      throw new Error(
        `The wallet's node has no contract at ${contracts.engine.target}: it is another chain with the number ${deployment.chainId}, ` +
          'or it has not come so far yet.',
      )
    }
    return new Engine(wallet, deployment, signer, contracts)
  }

  get address(): string {
    return getAddress(this.#wallet.address)
  }

  async bidder(): Promise<Bidder> {
    const { liquidators, escrow } = this.#contracts
    const vouched = liquidators.filters.SubAccountVouched!(null, this.address)
    const [info, isActive, freeLots, events] = await Promise.all([
      liquidators.liquidatorOf!(this.address),
      liquidators.isActive!(this.address),
      escrow.freeLots!(this.address),
      liquidators.queryFilter(vouched, this.#deployment.fromBlock),
    ])
    const tags = new Set(events.map((event) => BigInt(event.topics[1]!)))
    const usable: string[] = []
    for (const tag of tags) {
      const account = await liquidators.subAccountOf!(tag)
      const isOwn = BigInt(account.owner) === BigInt(this.address) && account.vouchedSequence !== 0n
      if (isOwn && BigInt(await liquidators.lockOf!(tag)) === 0n) usable.push(`${tag}`)
    }
    return { isWhitelisted: info.whitelisted, isActive, freeLots, subTags: usable }
  }

  async caseOnChain(caseId: string): Promise<CaseOnChain> {
    const found: Result = await this.#contracts.engine.caseAt!(caseId)
    const { percent, round, kind } = found
    // By name: a result is an array too, whose own slice hides the field.
    return { slice: found.getValue('slice'), percent, round, kind }
  }

  /** The bid of this wallet that this browser holds. */
  storedBid(caseId: string): StoredBid | undefined {
    return findBid(this.#key(caseId))
  }

  /** What the chain holds of this wallet in a case. */
  async held(caseId: string): Promise<readonly Held[]> {
    const [bid, offer] = await Promise.all([
      this.#contracts.sealed.bidOf!(caseId, this.address) as Promise<Result>,
      this.#contracts.soft.offerOf!(caseId, this.address) as Promise<Result>,
    ])
    const held: Held[] = []
    if (BigInt(bid.commitment) !== 0n) {
      const { bondLots, escrowLots, revealed: isOpen, discountBps } = bid
      const stays = await this.#refusal('sealed', 'reclaim', [caseId])
      held.push({
        mode: 'sealed',
        bondLots,
        escrowLots,
        isOpen,
        discountBps: isOpen ? discountBps : null,
        stays,
      })
    }
    if (offer.subTag !== 0n) {
      const { escrowLots, askBps: discountBps } = offer
      const stays = await this.#refusal('soft', 'reclaim', [caseId])
      held.push({ mode: 'soft', bondLots: 0n, escrowLots, isOpen: true, discountBps, stays })
    }
    return held
  }

  /** Seals a bid: stored first, then sent. The same bid again for the same case, and never another. */
  async commit(
    caseId: string,
    wanted: { readonly discountBps: bigint; readonly subTag: bigint },
  ): Promise<string> {
    const stored = this.storedBid(caseId)
    if (
      stored !== undefined &&
      (BigInt(stored.discountBps) !== wanted.discountBps || BigInt(stored.subTag) !== wanted.subTag)
    ) {
      throw new Error(`A bid of ${stored.discountBps} bps is sealed for this case already: send that one.`)
    }
    const bid: StoredBid = stored ?? {
      ...this.#key(caseId),
      discountBps: `${wanted.discountBps}`,
      subTag: `${wanted.subTag}`,
      salt: hexlify(randomBytes(32)),
    }
    if (stored === undefined) putBid(bid)
    const commitment = bidCommitment(
      { chainId: BigInt(this.#deployment.chainId), sealed: bid.auction },
      caseId,
      this.address,
      { discountBps: BigInt(bid.discountBps), subTag: BigInt(bid.subTag), salt: bid.salt },
    )
    return this.#send('sealed', 'commit', [caseId, commitment])
  }

  /** Throws Error while the chain has a commitment of it or may yet have one: its salt is what the bond hangs on. */
  async forget(caseId: string): Promise<void> {
    const { provider } = this.#signer
    const [sent, mined] = await Promise.all([
      provider.getTransactionCount(this.address, 'pending'),
      provider.getTransactionCount(this.address, 'latest'),
    ])
    if (sent !== mined) {
      throw new Error(
        'A transaction of this wallet is still under way, and may be the commitment. Wait until it is over.',
      )
    }
    const { commitment } = await this.#contracts.sealed.bidOf!(caseId, this.address)
    if (BigInt(commitment) !== 0n) {
      throw new Error('The bid is on the chain: without its salt its bond would be lost.')
    }
    removeBid(this.#key(caseId))
  }

  /** Throws Error when this browser has no bid of this wallet for the case. */
  reveal(caseId: string): Promise<string> {
    const bid = this.storedBid(caseId)
    if (bid === undefined) throw new Error('This browser holds no sealed bid of this wallet for the case.')
    return this.#send('sealed', 'reveal', [caseId, BigInt(bid.discountBps), BigInt(bid.subTag), bid.salt])
  }

  async reclaim(caseId: string, stage: 'sealed' | 'soft'): Promise<string> {
    const hash = await this.#send(stage, 'reclaim', [caseId])
    if (stage === 'sealed') removeBid(this.#key(caseId))
    return hash
  }

  /** @param leastDiscountBps or nothing is taken */
  take(caseId: string, subTag: bigint, leastDiscountBps: bigint): Promise<string> {
    return this.#send('dutch', 'take', [caseId, subTag, leastDiscountBps])
  }

  offer(caseId: string, askBps: bigint, subTag: bigint): Promise<string> {
    return this.#send('soft', 'offer', [caseId, askBps, subTag])
  }

  #key(caseId: string) {
    const { chainId } = this.#deployment
    const auction = String(this.#contracts.sealed.target)
    return { chainId: `${chainId}`, auction, caseId: caseId.toLowerCase(), bidder: this.address }
  }

  /** The transaction's hash, once it is in a block. Throws Error saying in words what stands in the way. */
  async #send(name: Name, method: string, args: readonly unknown[]): Promise<string> {
    const chainId = await chainIdOf(this.#wallet.provider)
    if (chainId !== this.#deployment.chainId) {
      throw new Error(
        `The wallet is on chain ${chainId}, and the engine on chain ${this.#deployment.chainId}. Nothing was sent.`,
      )
    }
    const call = this.#contracts[name].getFunction(method)
    try {
      // Asked first: a refusal costs no gas, and comes with its reason.
      await call.staticCall(...args)
      const sent = await call.send(...args)
      const receipt = await sent.wait()
      if (receipt?.status !== 1) throw new Error('The transaction was refused when it came into a block.')
      return sent.hash
    } catch (error) {
      throw new Error(this.#reason(error), { cause: error })
    }
  }

  /** Why the contract would refuse a call, in words; undefined when it would not. Throws what is no answer of the contract. */
  async #refusal(name: Name, method: string, args: readonly unknown[]): Promise<string | undefined> {
    try {
      await this.#contracts[name].getFunction(method).staticCall(...args)
      return undefined
    } catch (error) {
      const words = this.#contractWords(error)
      if (words === undefined) throw error
      return words
    }
  }

  #reason(error: unknown): string {
    const words = this.#contractWords(error)
    if (words !== undefined) return `The contract refuses: ${words}.`
    return walletWords((error as { info?: { error?: unknown } }).info?.error ?? error)
  }

  /** Undefined for what is not a named error of a contract. */
  #contractWords(error: unknown): string | undefined {
    const data = revertData(error)
    if (data === undefined) return undefined
    for (const { interface: one } of Object.values(this.#contracts)) {
      const parsed = one instanceof Interface ? one.parseError(data) : null
      if (parsed !== null) return reasonFor(parsed.name, [...parsed.args])
    }
    return undefined
  }
}

export const modeOf = ({ kind }: CaseOnChain) => (kind === FULL ? 'slice' : 'soft')

/** Wherever wallets and nodes put it. */
function revertData(error: unknown): string | undefined {
  let at: unknown = error
  for (let depth = 0; depth < 6 && typeof at === 'object' && at !== null; depth++) {
    const { data, error: inner, info, cause } = at as Record<string, unknown>
    if (typeof data === 'string' && /^0x[0-9a-f]{8,}$/i.test(data)) return data
    if (typeof data === 'object' && data !== null) at = data
    else at = inner ?? info ?? cause
  }
  return undefined
}

/** With the checksum that sign-in messages must have. */
export { getAddress } from 'ethers'
export { keysByNode } from './chain-keys.ts'
