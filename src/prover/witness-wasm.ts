/**
 * Takes the assertions out of a witness program. The compiler writes every assertion (`===` and `assert`) as
 *
 *     if (not condition) { buildBufferMessage(template, line); printErrorMessage(); return 4 }
 *
 * and no flag of the compiler (nor `--sanity_check`, which leaves the program as it is) takes that out. Replacing
 * the three bytes of `i32.const 4; return` by no-operations makes the program report the assertion and go on, so
 * that it computes the full witness of inputs that no honest prover would use. Tests need that to show that the
 * constraints refuse what the program would have refused before them.
 */
import { ToolError } from '../protocol/errors.ts'

const CODE_SECTION = 10

// call <function index 1 = printErrorMessage>; i32.const 4; return; end
const ASSERTION_END = [0x10, 0x01, 0x41, 0x04, 0x0f, 0x0b] as const
const NO_OPERATION = 0x01
const FIRST_PATCHED = 2
const LAST_PATCHED = 4

/** A copy of the program whose assertions report and go on. @throws ToolError when it is not a witness program */
export function withoutAssertions(program: Uint8Array): Uint8Array {
  const patched = program.slice()
  const [start, end] = codeSection(program)
  for (let at = start; at + ASSERTION_END.length <= end; at++) {
    if (!ASSERTION_END.every((byte, i) => patched[at + i] === byte)) continue
    patched.fill(NO_OPERATION, at + FIRST_PATCHED, at + LAST_PATCHED + 1)
  }
  return patched
}

function codeSection(program: Uint8Array): [number, number] {
  let at = 8
  while (at < program.length) {
    const id = program[at]!
    const [length, body] = readLength(program, at + 1)
    if (id === CODE_SECTION) return [body, body + length]
    at = body + length
  }
  throw new ToolError('this is not a witness program: it has no code')
}

/** A LEB128 number and the offset after it. */
function readLength(bytes: Uint8Array, offset: number): [number, number] {
  let value = 0
  for (let i = 0; i < 5; i++) {
    const byte = bytes[offset + i] ?? 0
    value += (byte & 0x7f) * 2 ** (7 * i)
    if ((byte & 0x80) === 0) return [value, offset + i + 1]
  }
  throw new ToolError('this is not a witness program: a length is malformed')
}
