/**
 * A database for another thread of this process: an embedded one belongs to the thread that opened it, which answers what
 * the other asks over a port. A transaction whose asker went away is rolled back. Boundary module: messages of threads.
 */
import type { MessagePort } from 'node:worker_threads'
import type { Database, Sql, SqlValue } from './database.ts'

type Work =
  | { readonly kind: 'query'; readonly text: string; readonly values: readonly SqlValue[] }
  | { readonly kind: 'script'; readonly text: string }
type Question = {
  readonly id: number
  /** Of the question that began it; undefined outside of one. */
  readonly transaction?: number | undefined
} & (Work | { readonly kind: 'begin' | 'commit' | 'rollback' })

type Answer = { readonly id: number } & (
  | { readonly kind: 'rows'; readonly rows: object[] }
  | {
      readonly kind: 'failed'
      readonly name: string
      readonly message: string
      readonly code: string | undefined
    }
)

interface Open {
  readonly sql: Sql
  readonly end: (error?: Error) => void
  /** Settles when the database has committed or rolled back. */
  readonly ended: () => Promise<void>
}

class RolledBack extends Error {}

/** Answers until the port closes. */
export function serveDatabase(port: MessagePort, database: Database): void {
  const open = new Map<number, Open>()
  const answer = async (question: Question): Promise<object[]> => {
    if (question.kind === 'begin') {
      open.set(question.id, await begin(database))
      return []
    }
    const held = question.transaction === undefined ? undefined : open.get(question.transaction)
    if (question.transaction !== undefined && held === undefined) throw new Error('the transaction is over')
    if (question.kind === 'query' || question.kind === 'script') {
      const sql = held?.sql ?? database
      return question.kind === 'query' ? sql.query(question.text, question.values) : sql.script(question.text)
    }
    open.delete(question.transaction!)
    held!.end(question.kind === 'commit' ? undefined : new RolledBack())
    await held!.ended()
    return []
  }
  port.on('message', (question: Question) => {
    answer(question).then(
      (rows) => port.postMessage({ id: question.id, kind: 'rows', rows } satisfies Answer),
      (error) => port.postMessage({ id: question.id, kind: 'failed', ...partsOf(error) } satisfies Answer),
    )
  })
  port.once('close', () => {
    for (const { end } of open.values()) end(new RolledBack())
    open.clear()
  })
}

function begin(database: Database): Promise<Open> {
  return new Promise((resolve, reject) => {
    const ended = database.transaction(
      (sql) =>
        new Promise<void>((done, fail) => {
          resolve({ sql, end: (error) => (error === undefined ? done() : fail(error)), ended: () => settled })
        }),
    )
    const settled = ended.catch((error: unknown) => {
      if (!(error instanceof RolledBack)) throw error
    })
    settled.catch(reject)
  })
}

function partsOf(error: unknown): { name: string; message: string; code: string | undefined } {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), code: undefined }
  const { code } = error as NodeJS.ErrnoException
  return { name: error.name, message: error.message, code: typeof code === 'string' ? code : undefined }
}

/** The same database, from the other end of the port. Closing it closes the port. */
export function remoteDatabase(port: MessagePort, kind: Database['kind']): Database {
  const asked = new Map<number, { resolve: (rows: object[]) => void; reject: (error: Error) => void }>()
  let last = 0
  const ask = (question: Omit<Question, 'id'>, id = ++last): Promise<object[]> =>
    new Promise((resolve, reject) => {
      asked.set(id, { resolve, reject })
      port.postMessage({ ...question, id })
    })
  port.on('message', (answer: Answer) => {
    const { resolve, reject } = asked.get(answer.id)!
    asked.delete(answer.id)
    if (answer.kind === 'rows') resolve(answer.rows)
    else reject(Object.assign(new Error(answer.message), { name: answer.name, code: answer.code }))
  })
  port.once('close', () => {
    for (const { reject } of asked.values()) reject(new Error('the database was closed'))
    asked.clear()
  })
  const sqlOf = (transaction: number | undefined): Sql => ({
    query: async <Row extends object>(text: string, values: readonly SqlValue[] = []) =>
      (await ask({ kind: 'query', text, values, transaction } as Question)) as Row[],
    script: (text) => ask({ kind: 'script', text, transaction } as Question),
  })
  return {
    kind,
    ...sqlOf(undefined),
    transaction: async (work) => {
      const id = ++last
      await ask({ kind: 'begin' }, id)
      let result: Awaited<ReturnType<typeof work>>
      try {
        result = await work(sqlOf(id))
      } catch (error) {
        await ask({ kind: 'rollback', transaction: id } as Question).catch(() => {})
        throw error
      }
      await ask({ kind: 'commit', transaction: id } as Question)
      return result
    },
    close: async () => port.close(),
  }
}
