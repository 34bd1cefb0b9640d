/**
 * Finds the constraint statements of circom templates: `a === b;`, `a <== b;` and hints `a <-- b;`, with the loops
 * around them. Text in, positions out; comments are blanked first so that positions stay those of the file.
 */
export interface Loop {
  readonly variable: string
  readonly start: string
}

export interface Statement {
  readonly template: string
  /** Offsets in the file of the statement without its semicolon. */
  readonly from: number
  readonly to: number
  readonly line: number
  readonly operator: '===' | '<==' | '<--'
  readonly left: string
  readonly right: string
  readonly loops: readonly Loop[]
}

export interface Template {
  readonly name: string
  readonly parameters: readonly string[]
  /** Offset just after the opening brace. */
  readonly bodyFrom: number
  readonly inputs: readonly string[]
  readonly statements: readonly Statement[]
}

export function blankComments(text: string): string {
  const blank = (match: string) => match.replace(/[^\n]/g, ' ')
  return text.replace(/\/\*[\s\S]*?\*\//g, blank).replace(/\/\/[^\n]*/g, blank)
}

export function parseTemplates(source: string): Template[] {
  const text = blankComments(source)
  const templates: Template[] = []
  for (const match of text.matchAll(/template\s+(\w+)\s*\(([^)]*)\)\s*\{/g)) {
    const bodyFrom = match.index + match[0].length
    const bodyTo = closingBrace(text, bodyFrom)
    const body = text.slice(bodyFrom, bodyTo)
    templates.push({
      name: match[1]!,
      parameters: match[2]!
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
      bodyFrom,
      inputs: [...body.matchAll(/signal\s+input\s+(\w+)/g)].map((input) => input[1]!),
      statements: statementsOf(text, match[1]!, bodyFrom, bodyTo),
    })
  }
  return templates
}

function statementsOf(text: string, template: string, from: number, to: number): Statement[] {
  const statements: Statement[] = []
  const loops: (Loop | undefined)[] = []
  let start = from
  let parentheses = 0
  for (let at = from; at < to; at++) {
    const character = text[at]!
    if (character === '(') parentheses++
    else if (character === ')') parentheses--
    else if (character === '{') {
      loops.push(loopOf(text.slice(start, at)))
      start = at + 1
    } else if (character === '}') {
      loops.pop()
      start = at + 1
    } else if (character === ';' && parentheses === 0) {
      const statement = statementOf(text, start, at, template, loops)
      if (statement !== undefined) statements.push(statement)
      start = at + 1
    }
  }
  return statements
}

function statementOf(
  text: string,
  start: number,
  to: number,
  template: string,
  loops: readonly (Loop | undefined)[],
): Statement | undefined {
  const match = /^([\s\S]*?)(===|<==|<--)([\s\S]*)$/.exec(text.slice(start, to))
  if (match === null) return undefined
  const from = start + (match[1]!.length - match[1]!.trimStart().length)
  return {
    template,
    from,
    to,
    line: text.slice(0, from).split('\n').length,
    operator: match[2] as Statement['operator'],
    left: match[1]!.trim(),
    right: match[3]!.trim(),
    loops: loops.filter((loop) => loop !== undefined),
  }
}

function loopOf(header: string): Loop | undefined {
  const match = /for\s*\(\s*var\s+(\w+)\s*=\s*([^;]+);/.exec(header)
  return match === null ? undefined : { variable: match[1]!, start: match[2]!.trim() }
}

function closingBrace(text: string, from: number): number {
  let depth = 1
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') depth++
    if (text[at] === '}' && --depth === 0) return at
  }
  throw new Error('a template has no closing brace')
}
