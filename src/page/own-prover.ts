/** Proofs of an owner about their own account, in the page's worker. Boundary module: reads the pack, starts threads. */
import threadSource from 'embedded:thread'
import {
  type CountedAccount,
  inspectPack,
  openPack,
  ownProofFile,
  ownProofHolds,
  ownWitness,
  type PackSource,
  writeProofFile,
} from '../bundle/index.ts'
import { keyHash, keyPointsOf } from '../bundle/key-hash.ts'
import { ProofError, WitnessError } from '../protocol/errors.ts'
import { Groth16Engine, type KeyHandle, type VerificationPoints } from '../prover/engine/index.ts'
import type { MarginWitness } from '../prover/margin-inputs.ts'
import { WitnessCalculator } from '../prover/witness.ts'
import type { ProofOutcome, ProvePhase, ProveRequest } from './messages.ts'
import { reasonOf } from './own-reasons.ts'
import { falseClaimWords } from './view/claim.ts'

/** More gain little: the last steps of a proof are one thread's. */
const MOST_THREADS = 4

interface OpenPack {
  readonly file: File
  readonly engine: Groth16Engine
  readonly key: KeyHandle
  readonly calculator: WitnessCalculator
}

type RandomBytes = (length: number) => Uint8Array

/** Proves one claim after the other; keeps the pack open between them. */
export class OwnProver {
  readonly #account: CountedAccount
  readonly #random: RandomBytes
  #open: OpenPack | undefined

  constructor(account: CountedAccount, random: RandomBytes) {
    this.#account = account
    this.#random = random
  }

  /** Why a pack cannot be used, in words, as far as its first line tells. */
  async inspect(pack: File): Promise<string | undefined> {
    try {
      await inspectPack(sourceOf(pack), this.#account.key)
      return undefined
    } catch (error) {
      return reasonOf(error)
    }
  }

  /** Never throws: whatever stands in the way is the outcome's reason. */
  async prove(request: ProveRequest, tell: (phase: ProvePhase) => void): Promise<ProofOutcome> {
    try {
      return await this.#prove(request, tell)
    } catch (error) {
      return { kind: 'refused', reason: reasonOf(error) }
    }
  }

  async #prove({ pack, own }: ProveRequest, tell: (phase: ProvePhase) => void): Promise<ProofOutcome> {
    const started = performance.now()
    // A false claim is refused before a pack of many megabytes is read.
    const witness = ownWitness(
      this.#account,
      own,
      (margin, claim) => `Your account has ${falseClaimWords(margin, claim)}. So there is no such proof.`,
    )
    const { engine, key, calculator } = await this.#opened(pack, tell)
    tell('witness')
    const wtns = await calculated(calculator, witness)
    tell('proof')
    const { proof } = await engine.prove(key, wtns)
    tell('check')
    await this.#check(witness, proof)
    const file = ownProofFile(this.#account, own, witness, proof)
    const seconds = (performance.now() - started) / 1_000
    return { kind: 'made', file, text: writeProofFile(file), seconds, threads: engine.threads }
  }

  /** With the bundle's key and the statement that was asked for: neither is the pack's word. */
  async #check(witness: MarginWitness, proof: Parameters<typeof ownProofHolds>[2]): Promise<void> {
    if (await ownProofHolds(this.#account, witness, proof, this.#random)) return
    throw new ProofError('the proof that was made does not show the claim: the pack is damaged or foreign')
  }

  async #opened(file: File, tell: (phase: ProvePhase) => void): Promise<OpenPack> {
    if (this.#open?.file === file && this.#open.key.loaded) return this.#open
    await this.#open?.engine.close()
    this.#open = undefined
    tell('pack')
    const { program, provingKey } = await openPack(sourceOf(file), this.#account.key)
    tell('key')
    const calculator = await WitnessCalculator.create(program)
    const engine = await Groth16Engine.create({ threads: threadCount(), workerUrl: threadUrl() })
    try {
      const key = await engine.loadKey(provingKey)
      if (hashOf(engine.verificationPoints(key)) !== this.#account.key.hash) {
        throw new ProofError("the pack's proving key belongs to another verification key than the bundle's")
      }
      this.#open = { file, engine, key, calculator }
      return this.#open
    } catch (error) {
      await engine.close()
      throw error
    }
  }
}

/** The claim holds, and its inputs were checked: what the program refuses is the program's fault. */
async function calculated(calculator: WitnessCalculator, { inputs }: MarginWitness): Promise<Uint8Array> {
  try {
    return await calculator.calculate(inputs)
  } catch (cause) {
    if (!(cause instanceof WitnessError)) throw cause
    throw new ProofError(`the witness program of the pack is damaged or foreign: ${cause.message}`, { cause })
  }
}

function hashOf({ alpha, beta, gamma, delta, ic }: VerificationPoints): string {
  return keyHash(
    keyPointsOf({ vk_alpha_1: alpha, vk_beta_2: beta, vk_gamma_2: gamma, vk_delta_2: delta, IC: ic }),
  )
}

function sourceOf(file: File): PackSource {
  return {
    name: file.name,
    byteLength: file.size,
    read: async (offset, length) => new Uint8Array(await file.slice(offset, offset + length).arrayBuffer()),
  }
}

function threadCount(): number {
  return Math.max(1, Math.min(MOST_THREADS, navigator.hardwareConcurrency))
}

let url: string | undefined

/** From a blob, as this worker is: so its threads stand under the page's policy too. */
function threadUrl(): string {
  url ??= URL.createObjectURL(new Blob([threadSource], { type: 'text/javascript' }))
  return url
}
