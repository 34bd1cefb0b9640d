/**
 * WebAssembly that takes the place of Emscripten's `invoke_*`. A program whose exceptions are JavaScript's makes each call that
 * may throw through a function of JavaScript, which looks the target up in the table and catches: a quarter of the
 * Solidity compiler's time. The same in WebAssembly, whose exceptions see JavaScript's, is a call like others.
 *
 * Two modules, since the program imports what is to call through its own table: `gates` exist before it and lead through
 * a table of their own to `calls`, which are made after it and import its table.
 * Encoding: https://webassembly.github.io/spec/core/binary, and the exceptions' of
 * https://github.com/WebAssembly/exception-handling/blob/main/proposals/exception-handling/legacy/Exceptions.md
 */
'use strict'

/** i, f, d of a name: i32, f32, f64. The i64 of other names comes in two halves, and stays with JavaScript. */
const TYPES = { i: 0x7f, f: 0x7d, d: 0x7c }
const ZERO = { i: [0x41, 0], f: [0x43, 0, 0, 0, 0], d: [0x44, 0, 0, 0, 0, 0, 0, 0, 0] }
const INVOKE = /^invoke_([vifd])([ifd]*)$/

const SECTION = { type: 1, import: 2, function: 3, table: 4, export: 7, code: 10 }
const KIND = { function: 0, table: 1 }
const OP = {
  if: 0x04,
  try: 0x06,
  rethrow: 0x09,
  end: 0x0b,
  call: 0x10,
  callIndirect: 0x11,
  catchAll: 0x19,
  localGet: 0x20,
  localSet: 0x21,
  i32Const: 0x41,
  i32Eqz: 0x45,
}
const FUNCREF = 0x70
const NOTHING = 0x40
const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

/** What `calls` import, in this order: the program's stack pointer and flag, and whether the program threw. */
const IMPORTS = [
  { name: 'stackSave', params: '', result: 'i' },
  { name: 'stackRestore', params: 'i', result: 'v' },
  { name: 'setThrew', params: 'ii', result: 'v' },
  { name: 'caught', params: '', result: 'i' },
]

/** True of the name of an import that these modules can stand for. */
function isInvoke(name) {
  return INVOKE.test(name)
}

/** The functions that the program imports: each hands its arguments to the entry of the table `to` at its own place. */
function gates(names) {
  const types = typeList()
  const functions = names.map((name, place) => {
    const { params, result } = signature(name)
    const type = types.of(`i${params}`, result)
    const code = [...locals(params.length + 1), ...constant(place), OP.callIndirect, ...leb(type), 0, OP.end]
    return { name, type, code: body([], code) }
  })
  return moduleOf(types, functions, {
    [SECTION.table]: vector([[FUNCREF, 0, ...leb(names.length)]]),
    exports: [[...text('to'), KIND.table, 0]],
  })
}

/**
 * The functions behind the gates: calls the entry of the program's table, and catches what the program throws as
 * `invoke_*` does: the stack is put back, the flag set, the result zero. All else is thrown on.
 */
function calls(names) {
  const types = typeList()
  const imports = IMPORTS.map(({ name, params, result }) => [
    ...text('program'),
    ...text(name),
    KIND.function,
    ...leb(types.of(params, result)),
  ])
  const [stackSave, stackRestore, setThrew, caught] = IMPORTS.keys()
  const functions = names.map((name) => {
    const { params, result } = signature(name)
    const stack = params.length + 1
    const code = [
      ...[OP.call, stackSave, OP.localSet, ...leb(stack)],
      ...[OP.try, TYPES[result] ?? NOTHING],
      ...locals(params.length, 1),
      ...[OP.localGet, 0, OP.callIndirect, ...leb(types.of(params, result)), 0],
      ...[OP.catchAll, OP.call, caught, OP.i32Eqz, OP.if, NOTHING, OP.rethrow, 1, OP.end],
      ...[OP.localGet, ...leb(stack), OP.call, stackRestore],
      ...[...constant(1), ...constant(0), OP.call, setThrew],
      ...[...(ZERO[result] ?? []), OP.end, OP.end],
    ]
    return { name, type: types.of(`i${params}`, result), code: body([[1, TYPES.i]], code) }
  })
  const table = [...text('program'), ...text('table'), KIND.table, FUNCREF, 0, 0]
  return moduleOf(types, functions, {
    [SECTION.import]: vector([...imports, table]),
    imported: IMPORTS.length,
  })
}

/** invoke_vii: a call without result of an entry that takes two i32. */
function signature(name) {
  const [, result, params] = INVOKE.exec(name)
  return { result, params }
}

/** The type section as it grows: the index of a function's type, the same for the same. */
function typeList() {
  const entries = []
  const places = new Map()
  return {
    entries,
    of(params, result) {
      const key = `${result}${params}`
      if (!places.has(key)) {
        const list = [...params].map((letter) => [TYPES[letter]])
        places.set(
          key,
          entries.push([0x60, ...vector(list), ...vector(result === 'v' ? [] : [[TYPES[result]]])]) - 1,
        )
      }
      return places.get(key)
    },
  }
}

function moduleOf(types, functions, parts) {
  const { exports = [], imported = 0, ...sections } = parts
  const own = functions.map(({ name }, index) => [...text(name), KIND.function, ...leb(imported + index)])
  const all = {
    ...sections,
    [SECTION.type]: vector(types.entries),
    [SECTION.function]: vector(functions.map(({ type }) => leb(type))),
    [SECTION.export]: vector([...exports, ...own]),
    [SECTION.code]: vector(functions.map(({ code }) => code)),
  }
  // Keys that are numbers come in their order, as sections must.
  return Uint8Array.from([
    ...HEADER,
    ...Object.entries(all).flatMap(([id, content]) => [Number(id), ...leb(content.length), ...content]),
  ])
}

function body(variables, code) {
  const content = [...vector(variables), ...code]
  return [...leb(content.length), ...content]
}

function locals(count, from = 0) {
  return Array.from({ length: count }, (_, index) => [OP.localGet, ...leb(from + index)]).flat()
}

/** Of 0 to 63: more would need the sign to be kept apart. */
function constant(value) {
  if (value > 63) throw new RangeError(`${value} is no small constant`)
  return [OP.i32Const, value]
}

function text(value) {
  return vector([...Buffer.from(value)].map((byte) => [byte]))
}

function vector(items) {
  return [...leb(items.length), ...items.flat()]
}

/** LEB128 without a sign. */
function leb(value) {
  const bytes = []
  let rest = value
  do {
    const low = rest & 0x7f
    rest >>>= 7
    bytes.push(rest === 0 ? low : low | 0x80)
  } while (rest !== 0)
  return bytes
}

module.exports = { calls, gates, isInvoke }
