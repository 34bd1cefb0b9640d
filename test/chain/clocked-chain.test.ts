import { parseEther } from 'ethers'
import { expect, it } from 'vitest'
import { startLocalChain } from '../../src/chain/local-chain.ts'
import { receiptOf } from '../../src/chain/transactions.ts'

/** As the sample venue of `npm start` has it: people see a clock that goes on. */
it('a chain whose blocks come by the clock goes on while nobody sends, and takes a transaction without waiting for it', async () => {
  const chain = await startLocalChain({ blockSeconds: 1 })
  try {
    const { provider } = chain
    const first = await provider.getBlockNumber()
    await expect.poll(() => provider.getBlockNumber(), { timeout: 30_000 }).toBeGreaterThan(first + 1)
    const [sender, to] = [chain.signer(0), await chain.signer(1).getAddress()]
    const response = await sender.sendTransaction({ to, value: parseEther('1') })
    expect((await receiptOf(response)).status).toBe(1)
  } finally {
    await chain.close()
  }
}, 60_000)
