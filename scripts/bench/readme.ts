/** The benchmark's block of the README, between two markers. Boundary module: reads and writes one file. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { InputError } from '../../src/protocol/errors.ts'

export const START_MARKER = '<!-- bench:start -->'
export const END_MARKER = '<!-- bench:end -->'

/**
 * The text with whatever stood between the markers replaced, and nothing else changed. @throws InputError unless each
 * marker stands there exactly once, the end after the start
 */
export function replaceBlock(text: string, block: string, file?: string): string {
  const start = only(text, START_MARKER, file)
  const end = only(text, END_MARKER, file)
  if (end < start) throw new InputError(`${END_MARKER} stands before ${START_MARKER}`, where(file))
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const body = block.replaceAll(/\r?\n/g, newline)
  return `${text.slice(0, start + START_MARKER.length)}${newline}${body}${newline}${text.slice(end)}`
}

/** Whole or not at all. @throws InputError when the file cannot be read, or as replaceBlock */
export function rewriteReadme(file: string, block: string): void {
  const text = replaceBlock(readReadme(file), block, file)
  const temporary = `${file}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, text)
    renameSync(temporary, file)
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** Before minutes of measuring: would the block have a place? @throws InputError as rewriteReadme */
export function checkReadme(file: string): void {
  replaceBlock(readReadme(file), '', file)
}

function readReadme(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new InputError('cannot be read', where(file), { cause })
  }
}

function only(text: string, marker: string, file: string | undefined): number {
  const at = text.indexOf(marker)
  if (at < 0) throw new InputError(`has no ${marker}`, where(file))
  if (text.includes(marker, at + 1)) throw new InputError(`has ${marker} more than once`, where(file))
  return at
}

function where(file: string | undefined): { file?: string } {
  return file === undefined ? {} : { file }
}
