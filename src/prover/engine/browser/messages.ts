/** What a page and the worker that holds its engine say to each other. */
import type { EngineErrorCode } from '../errors.ts'
import type { EngineOptions, EngineResult, KeyHandle, VerificationPoints } from '../index.ts'

export interface KeyFacts extends Omit<KeyHandle, 'loaded' | 'release'> {
  readonly points: VerificationPoints
}

/** Each call with the type of its value. Keys go by the numbers that the page gave them. */
export interface Calls {
  readonly open: {
    readonly args: Omit<EngineOptions, 'workerUrl'>
    readonly value: { readonly threads: number }
  }
  readonly loadKey: {
    readonly args: { readonly key: number; readonly bytes: Uint8Array }
    readonly value: KeyFacts
  }
  readonly prove: {
    readonly args: { readonly key: number; readonly wtns: Uint8Array }
    readonly value: EngineResult
  }
  readonly release: { readonly args: { readonly key: number }; readonly value: undefined }
}

export type Method = keyof Calls

export type Call = {
  readonly [M in Method]: { readonly id: number; readonly method: M; readonly args: Calls[M]['args'] }
}[Method]

export type Outcome =
  | { readonly value: Calls[Method]['value'] }
  | { readonly error: { readonly code: EngineErrorCode; readonly message: string } }

/** `loaded`: the keys that the engine still holds; it lets some go when others need their memory. */
export interface Answer {
  readonly id: number
  readonly outcome: Outcome
  readonly loaded: readonly number[]
}
