/** The engine's wasm module: generated here, once per variant, and kept as bytes and compiled. */
import { invertAll, touch } from './batch.ts'
import { CurveCode } from './curve.ts'
import { type FunctionBuilder, ModuleBuilder } from './emitter.ts'
import { FieldCode } from './field.ts'
import { FQ, FR } from './layout.ts'
import { TransformCode } from './transform.ts'

/** 4 GiB less one page: addresses stay unsigned 32-bit. */
export const MAXIMUM_PAGES = 65_535

export interface Variant {
  /** With memory that several threads see. */
  readonly shared: boolean
  /** With range checks that trap; several times slower. */
  readonly checked?: boolean
}

/** The functions of the module, each explained where it is generated. */
export interface Exports {
  readonly fqMul: (out: number, a: number, b: number) => void
  readonly fqSquare: (out: number, a: number) => void
  readonly fqMulAdd: (out: number, a: number, b: number, c: number, d: number) => void
  readonly fqInvert: (out: number, a: number, table: number) => void
  readonly fqInvertAll: (values: number, products: number, count: number, scratch: number) => void
  readonly g1Touch: Touch
  readonly g2Touch: Touch
  readonly g1Phase1: Phase1
  readonly g1Phase2: Phase2
  readonly g2Phase1: Phase1
  readonly g2Phase2: Phase2
  readonly frMul: (out: number, a: number, b: number) => void
  readonly frMulElement: (out: number, pair: number, element: number) => void
  readonly frMultiplyAll: (out: number, a: number, b: number, count: number) => void
  readonly frInverse: Butterflies
  readonly frForward: Butterflies
  readonly frInverseCross: CrossLanes
  readonly frForwardCross: CrossLanes
  readonly frQuotient: (out: number, a: number, b: number, c: number, count: number, scratch: number) => void
  readonly frEvaluateRows: (
    starts: number,
    first: number,
    last: number,
    half: number,
    out: number,
    scratch: number,
  ) => void
}

type Touch = (list: number, count: number) => number
type Phase1 = (list: number, pairs: number, differences: number, norms: number, exceptions: number) => number
type Phase2 = (list: number, pairs: number, differences: number, inverses: number, scratch: number) => void
type Butterflies = (
  pairs: number,
  blocks: number,
  half: number,
  roots: number,
  rootStride: number,
  scratch: number,
) => void
type CrossLanes = (pairs: number, count: number, roots: number, scratch: number) => void

function generate({ shared, checked = false }: Variant): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder()
  const fq = new FieldCode(module, FQ, checked)
  const fr = new FieldCode(module, FR, checked)
  const [g1, g2] = [new CurveCode(module, fq, 1), new CurveCode(module, fq, 2)]
  const transform = new TransformCode(module, fr)
  const functions: Record<keyof Exports, FunctionBuilder> = {
    fqMul: fq.mul,
    fqSquare: fq.square,
    fqMulAdd: fq.mulAdd,
    fqInvert: fq.invert,
    fqInvertAll: invertAll(module, fq),
    g1Touch: touch(module, 1),
    g2Touch: touch(module, 2),
    g1Phase1: g1.phase1(),
    g1Phase2: g1.phase2(),
    g2Phase1: g2.phase1(),
    g2Phase2: g2.phase2(),
    frMul: fr.mul,
    frMulElement: fr.mulElement,
    frMultiplyAll: transform.multiplyAll(),
    frInverse: transform.butterflies('inverse'),
    frForward: transform.butterflies('forward'),
    frInverseCross: transform.crossLanes('inverse'),
    frForwardCross: transform.crossLanes('forward'),
    frQuotient: transform.quotient(),
    frEvaluateRows: transform.evaluateRows(),
  }
  for (const [name, builder] of Object.entries(functions)) module.export(name, builder)
  return module.bytes({ shared, maximumPages: MAXIMUM_PAGES })
}

const cache = new Map<string, Promise<WebAssembly.Module>>()

/** The compiled module; each variant is generated and compiled once. */
export function compiledModule(variant: Variant): Promise<WebAssembly.Module> {
  const name = `${variant.shared}/${variant.checked ?? false}`
  const known = cache.get(name) ?? WebAssembly.compile(generate(variant))
  cache.set(name, known)
  return known
}

/** True where the module validates, which is where WebAssembly SIMD exists; no thread is started. */
export function simdSupported(): boolean {
  if (typeof WebAssembly === 'undefined') return false
  // (func (drop (i64x2.extmul_low_i32x4_u (v128.const 0) (v128.const 0))))
  const zero = [0xfd, 12, ...new Array<number>(16).fill(0)]
  const body = [0, ...zero, ...zero, 0xfd, 0xde, 0x01, 0x1a, 0x0b]
  const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0]
  return WebAssembly.validate(Uint8Array.from([...header, 10, body.length + 2, 1, body.length, ...body]))
}
