/** Runs parts one after the other, each in a process of its own. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Machine, machine } from './machine.ts'
import type { BenchOptions, BenchPart, Json, PartReport, Row } from './part.ts'

export interface BenchResult {
  readonly machine: Machine
  readonly reports: readonly { readonly name: string; readonly report: PartReport }[]
  /** Why a part gave no report, by name. */
  readonly failed: Readonly<Record<string, string>>
}

export type RunPart = (part: BenchPart, options: BenchOptions) => Promise<PartReport>

/** Runs all of the parts, whichever of them fail. */
export async function runParts(
  parts: readonly BenchPart[],
  options: BenchOptions,
  runPart: RunPart = inOwnProcess,
): Promise<BenchResult> {
  const before = machine()
  const reports: { name: string; report: PartReport }[] = []
  const failed: Record<string, string> = {}
  for (const part of parts) {
    try {
      reports.push({ name: part.name, report: await runPart(part, options) })
    } catch (error) {
      failed[part.name] = error instanceof Error ? error.message : String(error)
    }
  }
  return { machine: before, reports, failed }
}

/** The JSON object: each part's figures by its name. `failed` is there only when something did. */
export function toJson({ machine, reports, failed }: BenchResult): Record<string, Json> {
  return {
    machine: { ...machine },
    ...Object.fromEntries(reports.map(({ name, report }) => [name, report.figures])),
    ...(Object.keys(failed).length === 0 ? {} : { failed }),
  }
}

export function rowsOf({ reports }: BenchResult): Row[] {
  return reports.flatMap(({ report }) => report.rows)
}

export type PartMessage = { readonly report: PartReport } | { readonly error: string }

const CHILD = fileURLToPath(new URL('./part-process.ts', import.meta.url))

/**
 * A process per part: what is cold is really cold, no part pays for another's memory, and one that dies does not
 * take the others with it.
 */
export function inOwnProcess(part: BenchPart, options: BenchOptions): Promise<PartReport> {
  return new Promise((resolve, reject) => {
    // Standard output is the table's alone.
    const child = fork(CHILD, [part.name, JSON.stringify(options)], { stdio: ['ignore', 2, 2, 'ipc'] })
    let message: PartMessage | undefined
    child.once('message', (received: PartMessage) => {
      message = received
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (message === undefined)
        reject(new Error(`ended without a report (${signal ?? `exit code ${code}`})`))
      else if ('error' in message) reject(new Error(message.error))
      else resolve(message.report)
    })
  })
}
