/**
 * A small WebAssembly assembler: code is nested arrays of bytes, put together by functions named like the
 * instructions. It knows what the engine needs (i32, v128, loops, one imported memory) and no more.
 */

/** Instructions that leave what they compute on the stack, as bytes; nested so that joining is free. */
export interface Code extends ReadonlyArray<number | Code> {}

export const I32 = 0x7f
export const V128 = 0x7b
export type ValueType = typeof I32 | typeof V128

const END = 0x0b
const VOID = 0x40

export function unsigned(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    const low = rest & 0x7f
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 ? low | 0x80 : low)
  } while (rest > 0)
  return bytes
}

export function signed(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (;;) {
    const low = rest & 0x7f
    rest >>= 7
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)]
const unary =
  (opcode: number[]) =>
  (a: Code): Code => [a, opcode]
const binary =
  (opcode: number[]) =>
  (a: Code, b: Code): Code => [a, b, opcode]
/** Alignment is only a hint; 2^2 holds for all that the engine loads. */
const load =
  (opcode: number[]) =>
  (address: Code, offset = 0): Code => [address, opcode, 2, unsigned(offset)]
const store =
  (opcode: number[]) =>
  (address: Code, value: Code, offset = 0): Code => [address, value, opcode, 2, unsigned(offset)]

export const i32 = {
  const: (value: number): Code => [0x41, signed(value | 0)],
  load: load([0x28]),
  store: store([0x36]),
  eqz: unary([0x45]),
  ltU: binary([0x49]),
  gtU: binary([0x4b]),
  add: binary([0x6a]),
  sub: binary([0x6b]),
  mul: binary([0x6c]),
  and: binary([0x71]),
  or: binary([0x72]),
  shl: binary([0x74]),
  shrU: binary([0x76]),
}

export const v128 = {
  load: load(simd(0)),
  load32Splat: load(simd(9)),
  load64Splat: load(simd(10)),
  store: store(simd(11)),
  zero: [simd(12), new Array<number>(16).fill(0)] as Code,
  and: binary(simd(78)),
  or: binary(simd(80)),
  bitselect: (whereOne: Code, whereZero: Code, mask: Code): Code => [whereOne, whereZero, mask, simd(82)],
  anyTrue: unary(simd(83)),
  /** Lanes of 32 bits: 0 to 3 name those of the first vector, 4 to 7 those of the second. */
  shuffle: (a: Code, b: Code, lanes: readonly [number, number, number, number]): Code => [
    a,
    b,
    simd(13),
    lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
  ],
}

export const i32x4 = {
  splat: unary(simd(17)),
  extractLane: (a: Code, lane: number): Code => [a, simd(27), lane],
  eq: binary(simd(55)),
  gtU: binary(simd(60)),
  bitmask: unary(simd(164)),
  shrU: (a: Code, bits: number): Code => [a, i32.const(bits), simd(173)],
  add: binary(simd(174)),
  sub: binary(simd(177)),
  mul: binary(simd(181)),
}

export const i64x2 = {
  ltS: binary(simd(216)),
  shrU: (a: Code, bits: number): Code => [a, i32.const(bits), simd(205)],
  add: binary(simd(206)),
  /** Products of lanes 0 and 1, or of lanes 2 and 3, as two 64-bit lanes. */
  extmulLow: binary(simd(222)),
  extmulHigh: binary(simd(223)),
}

export const trap: Code = [0x00]

export function when(condition: Code, then: Code): Code {
  return [condition, 0x04, VOID, then, END]
}

/** Repeats `body` while `condition`, tested before each turn. */
export function loopWhile(condition: Code, body: Code): Code {
  return [0x02, VOID, 0x03, VOID, condition, 0x45, 0x0d, 1, body, 0x0c, 0, END, END]
}

export class Local {
  readonly get: Code
  readonly #index: number[]

  constructor(index: number) {
    this.#index = unsigned(index)
    this.get = [0x20, this.#index]
  }

  set(value: Code): Code {
    return [value, 0x21, this.#index]
  }
}

export class FunctionBuilder {
  readonly index: number
  readonly parameters: readonly Local[]
  readonly #types: ValueType[] = []
  readonly #body: Code[] = []
  readonly returns: boolean

  /** Parameters are i32; so is the result, if there is one. */
  constructor(index: number, parameterCount: number, returns: boolean) {
    this.index = index
    this.returns = returns
    this.parameters = Array.from({ length: parameterCount }, (_, i) => new Local(i))
  }

  local(type: ValueType): Local {
    this.#types.push(type)
    return new Local(this.parameters.length + this.#types.length - 1)
  }

  locals(count: number, type: ValueType): Local[] {
    return Array.from({ length: count }, () => this.local(type))
  }

  emit(...code: Code[]): void {
    this.#body.push(...code)
  }

  bytes(): number[] {
    const groups = this.#types.flatMap((type) => [1, type])
    const body = [...unsigned(this.#types.length), ...groups, ...flatten(this.#body), END]
    return [...unsigned(body.length), ...body]
  }
}

function flatten(code: Code): number[] {
  const bytes: number[] = []
  const walk = (part: Code) => {
    for (const item of part) {
      if (typeof item === 'number') bytes.push(item)
      else walk(item)
    }
  }
  walk(code)
  return bytes
}

export class ModuleBuilder {
  readonly #functions: FunctionBuilder[] = []
  readonly #exports: [string, FunctionBuilder][] = []

  function(parameterCount: number, returns = false): FunctionBuilder {
    const builder = new FunctionBuilder(this.#functions.length, parameterCount, returns)
    this.#functions.push(builder)
    return builder
  }

  export(name: string, target: FunctionBuilder): void {
    this.#exports.push([name, target])
  }

  /** The module; its memory is imported as env.memory. */
  bytes(memory: { readonly shared: boolean; readonly maximumPages: number }): Uint8Array<ArrayBuffer> {
    const vector = (items: readonly (readonly number[])[]) => [...unsigned(items.length), ...items.flat()]
    const name = (text: string) => [...unsigned(text.length), ...new TextEncoder().encode(text)]
    const section = (id: number, content: readonly number[]) => [id, ...unsigned(content.length), ...content]
    const types = this.#functions.map(({ parameters, returns }) => [
      0x60,
      ...vector(parameters.map(() => [I32])),
      ...vector(returns ? [[I32]] : []),
    ])
    const limits = [memory.shared ? 3 : 1, ...unsigned(1), ...unsigned(memory.maximumPages)]
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, vector(types)),
      ...section(2, vector([[...name('env'), ...name('memory'), 2, ...limits]])),
      ...section(3, vector(this.#functions.map(({ index }) => unsigned(index)))),
      ...section(7, vector(this.#exports.map(([text, { index }]) => [...name(text), 0, ...unsigned(index)]))),
      ...section(10, vector(this.#functions.map((builder) => builder.bytes()))),
    ])
  }
}

export function call(target: FunctionBuilder, ...parameters: Code[]): Code {
  return [parameters, 0x10, unsigned(target.index)]
}
