// A venue's program: hands in a market and a book, asks for a proof, follows it, keeps the file.
//   node attest.mjs https://prover.venue.example market.json book.json ACCOUNT   (TACIT_TOKEN: a venue's API key)
import { readFileSync } from 'node:fs'
import { ServiceError, TacitClient } from 'tacit/client'

const [url, market, book, account] = process.argv.slice(2)
const venue = new TacitClient({ url, token: process.env.TACIT_TOKEN })
const read = (path) => JSON.parse(readFileSync(path, 'utf8'))

try {
  const { riskRoot } = await venue.addRound({ markets: [read(market)] })
  const { bookRoot } = await venue.addBook({ riskRoot, book: read(book) })
  const order = { riskRoot, bookRoot, account: Number(account), threshold: 'mm', publish: true }
  // The same key again is the same job, so that a program that died may simply ask again.
  const job = await venue.attest(order, { idempotencyKey: `mm-${account}-${bookRoot.slice(2, 18)}` })
  for await (const { status, done, total } of venue.follow(job.id)) console.error(status, `${done}/${total}`)
  const { status, error } = await venue.job(job.id)
  if (status !== 'succeeded') throw new Error(error?.message ?? status)
  console.log(JSON.stringify(await venue.proof(job.id)))
} catch (error) {
  if (!(error instanceof ServiceError)) throw error
  for (const { field, rule } of error.fields) console.error(`${field}: ${rule}`)
  process.exitCode = 2
}
