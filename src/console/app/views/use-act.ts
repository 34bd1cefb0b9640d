import { useState } from 'preact/hooks'
import { walletWords } from '../wallet/provider.ts'

export interface Act {
  readonly isRunning: boolean
  /** Why it came to nothing, in words. */
  readonly fault: string | undefined
  /** The transaction's hash; empty where none was needed. */
  readonly sent: string | undefined
  readonly run: (work: () => Promise<string>) => void
}

/** One thing at a time, and what came of it. @param done told when it worked */
export function useAct(done: () => void): Act {
  const [isRunning, setRunning] = useState(false)
  const [fault, setFault] = useState<string>()
  const [sent, setSent] = useState<string>()
  const run = async (work: () => Promise<string>) => {
    setRunning(true)
    setFault(undefined)
    setSent(undefined)
    try {
      setSent(await work())
      done()
    } catch (error) {
      setFault(walletWords(error))
    } finally {
      setRunning(false)
    }
  }
  return { isRunning, fault, sent, run: (work) => void run(work) }
}
