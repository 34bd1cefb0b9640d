/**
 * A whole book, proven: every account as a step of the solvency chain, then the seal. Boundary module: files, processes
 * and a clock, through its parts. docs/solvency.md says what it all proves.
 */
import { InputError, WitnessError } from '../../protocol/errors.ts'
import { accountPlaces } from '../../protocol/instances.ts'
import { type SealSignals, sealSignalsFromArray, sealSignalsToArray } from '../../protocol/seal-signals.ts'
import { type Proof, verifyProof } from '../verify.ts'
import { AccountError } from './errors.ts'
import { type PassHeader, passHeader } from './header.ts'
import { ChainPlan } from './plan.ts'
import { ProcessPool } from './process-pool.ts'
import { ProgressMeter } from './progress.ts'
import type { BookPassRequest, ProvenStep, StepLink } from './request.ts'
import { RunFolder } from './run-folder.ts'
import { StepsTree } from './steps-digest.ts'

const DEFAULT_WORKERS = 2
const DEFAULT_RESTARTS = 5

export interface BookPassResult {
  readonly header: PassHeader
  readonly links: readonly StepLink[]
  /** Root of the digest of all steps, 0x and 64 hex digits. */
  readonly stepsRoot: string
  readonly seal: { readonly signals: SealSignals; readonly proof: Proof }
  /** Proofs that this run made, and that it found finished. */
  readonly stepsProven: number
  readonly stepsFound: number
  readonly sealProven: boolean
  /** A step with its proof, from its file. Throws InputError when the file is gone. */
  readStep(index: number): ProvenStep
}

/**
 * Proves an epoch into a folder, or finishes what an earlier run began there: a proof that was finished is never made
 * again. Checks the whole statement before the first proof.
 * @throws AccountError naming the account that has no step; WitnessError naming the rule of the seal that the book
 *   breaks; InputError for a folder that holds another run or is in use; SetupError, ProofError or ToolError as proving
 *   does, and when workers die too often
 */
export async function proveBook(request: BookPassRequest): Promise<BookPassResult> {
  const { book, instance, artifacts } = request
  if (book.count === 0) throw new InputError('holds no account', { field: 'book' })
  if (book.count > accountPlaces(instance)) {
    throw new InputError(`${book.count} accounts do not fit ${instance.name}`, { field: 'book' })
  }
  const header = passHeader(request, artifacts)
  const run = RunFolder.open(request.folder, header)
  try {
    const plan = new ChainPlan(request, (count) => run.blindAt(count))
    const links = plan.links()
    // Before the first proof: no seal, no use for the steps.
    plan.seal()
    const found = findSteps(run, plan, links, request)
    const missing = links.filter(({ index }) => !found.has(index))
    const work = new PassWork(request, run, plan, found.size)
    try {
      await work.proveSteps(missing)
      const seal = await work.proveSeal()
      return {
        header,
        links,
        stepsRoot: new StepsTree(links).root,
        seal: { signals: sealSignalsFromArray(seal.signals), proof: seal.proof },
        stepsProven: missing.length,
        stepsFound: found.size,
        sealProven: seal.isNew,
        readStep: (index) => run.readStep(index),
      }
    } finally {
      await work.close()
    }
  } finally {
    run.close()
  }
}

/** Finished steps: those of the journal, and those that a kill kept out of it and whose proofs verify. */
function findSteps(
  run: RunFolder,
  plan: ChainPlan,
  links: readonly StepLink[],
  { artifacts }: BookPassRequest,
): Set<number> {
  const found = run.journaledSteps(links)
  for (const link of links) {
    if (found.has(link.index)) continue
    const step = run.unjournaledStep(link)
    if (step === undefined) continue
    if (!verifyProof(artifacts.step.verificationKey, plan.stepSignals(link.index), step.proof)) continue
    run.saveStep(step)
    found.add(link.index)
  }
  return found
}

/** The proofs of one run. Processes are started for the first proof that is missing. */
class PassWork {
  readonly #request: BookPassRequest
  readonly #run: RunFolder
  readonly #plan: ChainPlan
  readonly #meter: ProgressMeter
  #pool: ProcessPool | undefined

  constructor(request: BookPassRequest, run: RunFolder, plan: ChainPlan, found: number) {
    this.#request = request
    this.#run = run
    this.#plan = plan
    this.#meter = new ProgressMeter(plan.count, found, request.progress)
  }

  /** As many at a time as there are workers, and one more each, so that none waits for its next witness. */
  async proveSteps(missing: readonly StepLink[]): Promise<void> {
    if (missing.length === 0) return
    const queue = [...missing].reverse()
    let stopped = false
    const lane = async () => {
      try {
        for (let link = queue.pop(); link !== undefined && !stopped; link = queue.pop()) {
          await this.#proveStep(link)
        }
      } catch (error) {
        stopped = true
        throw error
      }
    }
    const lanes = Math.min(2 * this.#workers, missing.length)
    const ends = await Promise.allSettled(Array.from({ length: lanes }, lane))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  async #proveStep(link: StepLink): Promise<void> {
    const planned = this.#plan.step(link.index)
    try {
      const { proof } = await this.#processes().prove({ kind: 'prove', circuit: 'step', ...planned })
      this.#run.saveStep({ ...link, proof })
    } catch (error) {
      throw error instanceof WitnessError ? new AccountError(link.index, error) : error
    }
    this.#meter.stepProven()
  }

  async proveSeal(): Promise<{ signals: readonly bigint[]; proof: Proof; isNew: boolean }> {
    const witness = this.#plan.seal()
    const expected = sealSignalsToArray(witness.signals)
    const found = this.#run.finishedSeal(expected)
    if (found !== undefined) return { ...found, isNew: false }
    this.#meter.say('seal')
    const { inputs } = witness
    const { proof } = await this.#processes().prove({ kind: 'prove', circuit: 'seal', inputs, expected })
    this.#run.saveSeal({ signals: expected, proof })
    return { signals: expected, proof, isNew: true }
  }

  async close(): Promise<void> {
    await this.#pool?.close()
  }

  get #workers(): number {
    return Math.max(1, Math.floor(this.#request.workers ?? DEFAULT_WORKERS))
  }

  #processes(): ProcessPool {
    const { artifacts, backend, maxRestarts = DEFAULT_RESTARTS, notice, workerStarted } = this.#request
    this.#pool ??= new ProcessPool({
      artifacts,
      backend: { threads: 1, ...backend },
      workers: this.#workers,
      maxRestarts,
      notice,
      workerStarted,
    })
    return this.#pool
  }
}
