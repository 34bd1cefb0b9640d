import { useEffect, useState } from 'preact/hooks'

/** Unix seconds of this machine, anew every so often. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(() => Date.now() / 1_000)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1_000), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
