/** The forging program of a template: its every assignment open to a chosen disturbance. Run without its assertions. */

import { type Loop, parseTemplates, type Statement } from './statements.ts'
import { FORGE_INPUT, type Harness } from './templates.ts'

/** How a disturbance spreads over the iterations of the loops around a statement. */
export const SPREADS = ['first', 'all', 'carry', 'last'] as const
export type Spread = (typeof SPREADS)[number]

export interface Control {
  readonly statement: Statement
  readonly spread: Spread
  /** Position in the forging input. */
  readonly index: number
  /** Full name of the first signal that the statement assigns. */
  readonly target: string
}

/**
 * The template's file with a disturbance added to each assignment: `left <-- (right) + disturbance`. Whole-array
 * assignments are written out as loops over the shape found in the compiled circuit.
 */
export function forgingSource(
  source: string,
  harness: Harness,
  symbols: ReadonlyMap<string, number>,
): { text: string; controls: Control[] } {
  const template = parseTemplates(source).find(({ name }) => name === harness.template)!
  const controls: Control[] = []
  const edits: { from: number; to: number; text: string }[] = []
  for (const statement of template.statements) {
    if (statement.operator === '===') continue
    const shape = shapeOf(statement, harness, symbols)
    if (shape === undefined) continue
    const loops: Loop[] = [
      ...statement.loops,
      ...shape.map((_, i) => ({ variable: `tacit${i}`, start: '0' })),
    ]
    const terms: string[] = []
    for (const spread of SPREADS) {
      if (spread !== 'all' && loops.length === 0) continue
      // Where an array is assigned as a whole its last element is known; a loop's last iteration is not.
      if (spread === 'last' && shape.length === 0) continue
      const target = `${concreteName(statement, harness)}${shape.map((size) => `[${spread === 'last' ? size - 1 : 0}]`).join('')}`
      controls.push({ statement, spread, index: controls.length, target })
      terms.push(`${FORGE_INPUT}[${controls.length - 1}] * (${spreadFactor(spread, loops, shape)})`)
    }
    // A loop ends in a brace: the statement's own semicolon goes with it.
    const to = shape.length === 0 ? statement.to : statement.to + 1
    edits.push({ from: statement.from, to, text: assignment(statement, shape, terms) })
  }
  let text = source
  for (const edit of edits.reverse()) text = text.slice(0, edit.from) + edit.text + text.slice(edit.to)
  const declaration = ` signal input ${FORGE_INPUT}[${Math.max(1, controls.length)}];`
  text = text.slice(0, template.bodyFrom) + declaration + text.slice(template.bodyFrom)
  return { text, controls }
}

/** The file with one statement taken out: an equality goes, an assignment keeps its value and loses its constraint. */
export function mutantSource(source: string, statement: Statement): string {
  const original = source.slice(statement.from, statement.to)
  const mutated =
    statement.operator === '===' ? original.replace(/[^\n]/g, ' ') : original.replace('<==', '<--')
  const after =
    statement.operator === '===' ? source.slice(statement.to).replace(/^;/, ' ') : source.slice(statement.to)
  return source.slice(0, statement.from) + mutated + after
}

function assignment(statement: Statement, shape: readonly number[], terms: readonly string[]): string {
  const indices = shape.map((_, i) => `[tacit${i}]`).join('')
  const right = shape.length === 0 ? `(${statement.right})` : `${statement.right}${indices}`
  const core = `${statement.left}${indices} <-- ${right} + ${terms.join(' + ')}`
  if (shape.length === 0) return core
  const open = shape.map((size, i) => `for (var tacit${i} = 0; tacit${i} < ${size}; tacit${i}++) {`).join(' ')
  return `${open} ${core}; ${'}'.repeat(shape.length)}`
}

function spreadFactor(spread: Spread, loops: readonly Loop[], shape: readonly number[]): string {
  if (spread === 'all') return '1'
  if (spread === 'last') {
    return `(${shape.map((size, i) => `tacit${i} == ${size - 1}`).join(' && ')}) ? 1 : 0`
  }
  const isFirst = loops.map(({ variable, start }) => `${variable} == ${start}`).join(' && ')
  if (spread === 'first') return `(${isFirst}) ? 1 : 0`
  // A carry between neighbours of weights 1 and 2: keeps a sum of bits and breaks only that they are bits.
  const last = loops.at(-1)!
  const isSecond = [
    ...loops.slice(0, -1).map(({ variable, start }) => `${variable} == ${start}`),
    `${last.variable} == ${last.start} + 1`,
  ].join(' && ')
  return `(${isFirst}) ? 2 : ((${isSecond}) ? -1 : 0)`
}

/** The array shape of a statement's target: [] for a scalar, undefined when this instance never executes it. */
function shapeOf(
  statement: Statement,
  harness: Harness,
  symbols: ReadonlyMap<string, number>,
): number[] | undefined {
  const prefix = concreteName(statement, harness)
  if (symbols.has(prefix)) return []
  const shape: number[] = []
  let name = prefix
  for (;;) {
    let size = 0
    const childExists = (index: number) => {
      const child = `${name}[${index}]`
      return symbols.has(child) || [...symbols.keys()].some((symbol) => symbol.startsWith(`${child}[`))
    }
    while (childExists(size)) size++
    if (size === 0) return undefined
    shape.push(size)
    name = `${name}[0]`
    if (symbols.has(name)) return shape
  }
}

/** The target's name in the first iteration of its loops. */
function concreteName(statement: Statement, harness: Harness): string {
  const scope: Record<string, number> = { ...harness.variables }
  for (const { variable, start } of statement.loops) scope[variable] = evaluate(start, scope, harness)
  return statement.left.replace(/\[([^\]]+)\]/g, (_, index: string) => `[${evaluate(index, scope, harness)}]`)
}

function evaluate(expression: string, scope: Readonly<Record<string, number>>, harness: Harness): number {
  const code = expression.replaceAll('\\', '/')
  const names = [...Object.keys(scope), ...Object.keys(harness.functions)]
  const values = [...Object.values(scope), ...Object.values(harness.functions)]
  return Math.floor(Number(new Function(...names, `return ${code}`)(...values)))
}
