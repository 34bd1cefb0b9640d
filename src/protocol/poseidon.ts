import { DOMAIN_TAGS, type Domain } from './domains.ts'
import { hasherOfImage, type PoseidonImage } from './poseidon-wasm.ts'

/** Poseidon over BN254 with circomlib's constants and a domain tag in the capacity; 1 to 16 inputs below the modulus. */
export interface Hasher {
  hash(domain: Domain, inputs: readonly bigint[]): bigint
}

let shared: Promise<Hasher> | undefined
let sharedImage: Promise<PoseidonImage> | undefined
let sharedBuild: ReturnType<typeof build> | undefined

/** Loaded when it is needed: the package cannot be loaded in a worker thread. */
const build = async () => (await import('circomlibjs')).buildPoseidon()

/** In a worker thread: everything there shares what its parent sent. */
export function adoptPoseidon(image: PoseidonImage): void {
  sharedImage = Promise.resolve(image)
  shared = Promise.resolve(hasherOfImage(image))
}

/** The process-wide hasher. Building it takes about half a second (wasm and constants), so it is built once. */
export function poseidonHasher(): Promise<Hasher> {
  shared ??= buildHasher()
  return shared
}

/** The process-wide hasher's compiled form, for worker threads: hasherOfImage makes a hasher of it in no time. */
export function poseidonImage(): Promise<PoseidonImage> {
  sharedImage ??= buildImage()
  return sharedImage
}

async function buildImage(): Promise<PoseidonImage> {
  sharedBuild ??= build()
  const { code, memory } = (await sharedBuild).F.tm
  return { module: await WebAssembly.compile(code), pages: memory.buffer.byteLength / 65_536 }
}

async function buildHasher(): Promise<Hasher> {
  sharedBuild ??= build()
  const poseidon = await sharedBuild
  const tags = Object.fromEntries(
    Object.entries(DOMAIN_TAGS).map(([domain, tag]) => [domain, poseidon.F.e(tag)]),
  ) as Record<Domain, Uint8Array>
  return {
    hash: (domain, inputs) => poseidon.F.toObject(poseidon(inputs as bigint[], tags[domain], 1)),
  }
}
