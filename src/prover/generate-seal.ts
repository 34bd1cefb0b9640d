/** The Circom side of src/protocol/solvency.ts. Boundary module: writes below the folder that it is given. */
import { join } from 'node:path'
import type { WordFields } from '../protocol/packed-word.ts'
import {
  GAUGE_WORD,
  LEDGER_ENTRIES_PER_WORD,
  LEDGER_ENTRY,
  LEDGER_WORDS,
  LIQUIDITY_WORD,
  RESERVES_BITS,
  SEAL_COUNTS,
  SEAL_SIGNALS,
  SEAL_TOTALS,
} from '../protocol/solvency.ts'
import { circomProtocol, constant, word, writeIfChanged } from './generate.ts'

/** The seal has one size: it sees a book of any instance through its root and its chain alone. */
export const SEAL_NAME = 'seal'

const NOTICE = '// Generated from src/protocol by src/prover/generate-seal.ts. Not to be edited.'
const CONSTANTS = { LEDGER_WORDS, LEDGER_ENTRIES_PER_WORD, RESERVES_BITS }
const WORDS: Readonly<Record<string, WordFields<string>>> = {
  LEDGER_ENTRY,
  GAUGE_WORD,
  LIQUIDITY_WORD,
  SEAL_COUNTS,
  SEAL_TOTALS,
}

/** The text of seal-protocol.circom: what the seal takes beside protocol.circom. */
export function circomSealProtocol(): string {
  const lines = [
    'pragma circom 2.1.9;',
    '',
    NOTICE,
    'include "protocol.circom";',
    '',
    ...Object.entries(CONSTANTS).map(([name, value]) => constant(name, value)),
    ...Object.entries(WORDS).flatMap(([name, fields]) => word(name, fields)),
  ]
  return `${lines.join('\n')}\n`
}

export function circomSealMain(): string {
  return [
    'pragma circom 2.1.9;',
    '',
    NOTICE,
    'include "solvency/seal.circom";',
    '',
    `component main {public [${SEAL_SIGNALS.join(', ')}]} =`,
    '    Seal();',
    '',
  ].join('\n')
}

/** Writes the generated files of the seal below folder; returns the main file's path. */
export function writeSealSources(folder: string): string {
  writeIfChanged(join(folder, 'protocol.circom'), circomProtocol())
  writeIfChanged(join(folder, 'seal-protocol.circom'), circomSealProtocol())
  const main = join(folder, `${SEAL_NAME}.circom`)
  writeIfChanged(main, circomSealMain())
  return main
}
