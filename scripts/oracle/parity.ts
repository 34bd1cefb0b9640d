/**
 * `npx tsx scripts/oracle/parity.ts [cases] [first]`: prices seeded random instruments on a local chain and in TypeScript
 * and compares every vector bit for bit. A hundred thousand take some minutes; test/oracle/parity.test.ts takes a sample.
 */
import { startLocalChain } from '../../src/chain/local-chain.ts'
import { randomCase } from '../../test/oracle/fixtures/pricing-cases.ts'
import { compareCases, pricingHarness } from '../../test/oracle/fixtures/pricing-harness.ts'

const AT_ONCE = 200
const SHOW_EVERY = 5_000

async function main(cases: number, first: number): Promise<void> {
  const chain = await startLocalChain()
  try {
    const harness = await pricingHarness(chain.signer(0))
    const started = performance.now()
    let [priced, outOfRange, gas] = [0, 0, 0n]
    for (let done = 0; done < cases; done += AT_ONCE) {
      const size = Math.min(AT_ONCE, cases - done)
      const some = Array.from({ length: size }, (_, index) => randomCase(first + done + index))
      const outcome = await compareCases(harness, some)
      priced += outcome.priced
      outOfRange += outcome.outOfRange
      gas += outcome.gasUsed
      if (done % SHOW_EVERY === 0) console.error(`${done + size} alike`)
    }
    const seconds = ((performance.now() - started) / 1_000).toFixed(0)
    const figures = { cases, first, priced, outOfRange, meanGas: Number(gas / BigInt(cases)), seconds }
    console.log(JSON.stringify(figures))
  } finally {
    await chain.close()
  }
}

const [cases = '100000', first = '0'] = process.argv.slice(2)
await main(Number(cases), Number(first))
