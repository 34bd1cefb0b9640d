import { InputError } from '../protocol/errors.ts'
import { MAX_LINE_BYTES } from './limits.ts'

/** Bytes of a file in pieces, from a disk, a browser's File or a test. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

export interface Line {
  readonly text: string
  /** From 1. */
  readonly number: number
}

const LINE_BREAK = 0x0a

/**
 * Lines of UTF-8, one at a time; holds no more than a line and a chunk. The last one may lack its line break.
 * @throws InputError naming the line: too long, not UTF-8
 */
export async function* linesOf(chunks: Chunks): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let pending: Uint8Array[] = []
  let length = 0
  let number = 1
  const take = (piece: Uint8Array) => {
    length += piece.length
    if (length > MAX_LINE_BYTES) {
      throw new InputError(`is longer than ${MAX_LINE_BYTES} bytes`, { row: number })
    }
    // A copy: a reader may fill its chunk anew.
    if (piece.length > 0) pending.push(piece.slice())
  }
  const decoded = (): Line => {
    try {
      return { text: decoder.decode(joined(pending, length)), number }
    } catch (cause) {
      throw new InputError('is not UTF-8', { row: number }, { cause })
    }
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(LINE_BREAK); end >= 0; end = chunk.indexOf(LINE_BREAK, start)) {
      take(chunk.subarray(start, end))
      yield decoded()
      start = end + 1
      number++
      pending = []
      length = 0
    }
    take(chunk.subarray(start))
  }
  if (length > 0) yield decoded()
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
