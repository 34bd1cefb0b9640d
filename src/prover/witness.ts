/**
 * Witnesses from the program that the circom compiler writes. The program is compiled once and its instance kept
 * warm; values go in and out through its memory.
 */
import { ToolError, WitnessError } from '../protocol/errors.ts'
import { FIELD_MODULUS } from '../protocol/field.ts'
import { writeInteger } from './binary.ts'
import { withoutAssertions } from './witness-wasm.ts'
import { writeWitness } from './wtns.ts'

/** A value, or nested lists of values, per input signal; each value in [0, field modulus). */
export type InputValue = bigint | number | string | readonly InputValue[]
export type WitnessInputs = Readonly<Record<string, InputValue>>

export interface WitnessOptions {
  /**
   * False computes a witness even where an assertion of the program fails, for tests with forged inputs;
   * `failures` then says what failed. On unless told.
   */
  readonly sanityCheck?: boolean
}

interface ProgramExports {
  readonly memory: WebAssembly.Memory
  init(sanityCheck: number): void
  getSharedRWMemoryStart(): number
  getWitnessSize(): number
  getWitness(index: number): void
  getInputSize(): number
  getInputSignalSize(high: number, low: number): number
  setInputSignal(high: number, low: number, index: number): void
  getRawPrime(): void
  getMessageChar(): number
}

const ELEMENT_BYTES = 32

/** What the program's own error codes mean. */
const CODES: Readonly<Record<number, string>> = {
  1: 'an input signal is unknown',
  2: 'too many input values',
  3: 'an input value is set twice',
  4: 'an assertion failed',
  5: 'not enough memory',
  6: 'an input list is too long',
  7: 'an index is out of bounds',
}

class ProgramFailure extends Error {}

/** Files are Node's alone: whoever has bytes, as the page has, never comes here. */
async function readProgram(path: string): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises')
  return readFile(path)
}

export class WitnessCalculator {
  readonly #module: WebAssembly.Module
  readonly #names = new Map<string, readonly [number, number]>()
  #program: ProgramExports | undefined
  #messages: string[] = []

  private constructor(module: WebAssembly.Module) {
    this.#module = module
  }

  /**
   * @param source the path of the compiled wasm, or its bytes
   * @throws ToolError when it is not a witness program over the BN254 scalar field
   */
  static async create(source: string | Uint8Array, options: WitnessOptions = {}): Promise<WitnessCalculator> {
    try {
      const bytes = typeof source === 'string' ? await readProgram(source) : source
      const program = (options.sanityCheck ?? true) ? bytes : withoutAssertions(bytes)
      const calculator = new WitnessCalculator(await WebAssembly.compile(program as Uint8Array<ArrayBuffer>))
      calculator.#checkField()
      return calculator
    } catch (cause) {
      if (cause instanceof ToolError) throw cause
      throw new ToolError(`the witness program ${typeof source === 'string' ? source : ''} is unusable`, {
        cause,
      })
    }
  }

  /** Assertions that failed in the last calculation without sanity check, e.g. "RangeCheck line 12". */
  get failures(): readonly string[] {
    return this.#messages
  }

  /** Number of signals in a witness. */
  get signals(): number {
    return this.#warm().getWitnessSize()
  }

  /**
   * The witness of some inputs, as the bytes of a wtns file.
   * @throws WitnessError naming a missing, unknown, ill-shaped or out-of-range input, or the template and line of
   *   the assertion that the inputs break
   */
  async calculate(inputs: WitnessInputs): Promise<Uint8Array> {
    return writeWitness(this.#run(inputs))
  }

  #run(inputs: WitnessInputs): Uint8Array {
    const program = this.#warm()
    this.#messages = []
    try {
      program.init(1)
      let set = 0
      for (const [name, value] of Object.entries(inputs)) set += this.#setInput(program, name, value)
      if (set < program.getInputSize()) {
        throw new WitnessError(`inputs are missing: ${set} of ${program.getInputSize()} values are given`)
      }
      return collect(program)
    } catch (error) {
      // A program stopped halfway keeps part of its stack; the next calculation gets a fresh one.
      this.#program = undefined
      if (error instanceof WitnessError) throw error
      throw new WitnessError(this.#explain(error), { cause: error })
    }
  }

  #setInput(program: ProgramExports, name: string, value: InputValue): number {
    const values = flatten(name, value)
    const [high, low] = this.#hashOf(name)
    const size = program.getInputSignalSize(high, low)
    // The program answers 0 for a name that it does not know.
    if (size <= 0 && values.length > 0) throw new WitnessError(`the circuit has no input "${name}"`)
    if (size !== values.length) {
      throw new WitnessError(`input "${name}" has ${values.length} values and the circuit takes ${size}`)
    }
    const start = program.getSharedRWMemoryStart()
    values.forEach((element, i) => {
      // The memory may have grown, and with it moved, since the last value.
      writeInteger(new Uint8Array(program.memory.buffer), start, element)
      program.setInputSignal(high, low, i)
    })
    return values.length
  }

  #explain(error: unknown): string {
    const places = this.#messages.length === 0 ? '' : `: ${this.#messages.join(', in ')}`
    if (error instanceof ProgramFailure) return `${error.message}${places}`
    return `the witness program failed${places}`
  }

  #warm(): ProgramExports {
    this.#program ??= this.#instantiate()
    return this.#program
  }

  #instantiate(): ProgramExports {
    const message = () => {
      let text = ''
      for (let code = program.getMessageChar(); code !== 0; code = program.getMessageChar()) {
        text += String.fromCharCode(code)
      }
      return text.trim()
    }
    const instance = new WebAssembly.Instance(this.#module, {
      runtime: {
        exceptionHandler: (code: number) => {
          throw new ProgramFailure(CODES[code] ?? `the witness program gave code ${code}`)
        },
        printErrorMessage: () => {
          this.#messages.push(readable(message()))
        },
        writeBufferMessage: message,
        showSharedRWMemory: () => {},
      },
    })
    const program = instance.exports as unknown as ProgramExports
    return program
  }

  #checkField(): void {
    const program = this.#warm()
    program.getRawPrime()
    const start = program.getSharedRWMemoryStart()
    const prime = new Uint8Array(ELEMENT_BYTES)
    writeInteger(prime, 0, FIELD_MODULUS)
    const found = new Uint8Array(program.memory.buffer, start, ELEMENT_BYTES)
    if (!prime.every((byte, i) => found[i] === byte)) {
      throw new ToolError('the witness program is not over the BN254 scalar field')
    }
  }

  #hashOf(name: string): readonly [number, number] {
    let hash = this.#names.get(name)
    if (hash === undefined) {
      hash = nameHash(name)
      this.#names.set(name, hash)
    }
    return hash
  }
}

function collect(program: ProgramExports): Uint8Array {
  const count = program.getWitnessSize()
  const values = new Uint8Array(count * ELEMENT_BYTES)
  const start = program.getSharedRWMemoryStart()
  const memory = new Uint8Array(program.memory.buffer, start, ELEMENT_BYTES)
  for (let i = 0; i < count; i++) {
    program.getWitness(i)
    values.set(memory, i * ELEMENT_BYTES)
  }
  return values
}

function flatten(name: string, value: InputValue): bigint[] {
  if (Array.isArray(value)) return (value as readonly InputValue[]).flatMap((part) => flatten(name, part))
  let element: bigint
  try {
    element = BigInt(value as bigint | number | string)
  } catch (cause) {
    throw new WitnessError(`input "${name}" holds ${String(value)}, which is not an integer`, { cause })
  }
  if (element < 0n || element >= FIELD_MODULUS) {
    throw new WitnessError(`input "${name}" holds ${element}, which is not in [0, field modulus)`)
  }
  return [element]
}

/** "Error in template Inner_0 line: 2" reads "Inner line 2". */
function readable(message: string): string {
  const parts = /^Error in template (.+?)(?:_\d+)? line: (\d+)/.exec(message)
  return parts === null ? message : `${parts[1]} line ${parts[2]}`
}

/** The 64-bit FNV-1a hash by which the program knows its inputs, as two 32-bit halves. */
function nameHash(name: string): readonly [number, number] {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(name)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  }
  return [Number(hash >> 32n), Number(hash & 0xffffffffn)]
}
