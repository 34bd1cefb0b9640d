import { availableParallelism, cpus, loadavg } from 'node:os'

/** What the figures were measured on. Boundary module: asks the operating system. */
export interface Machine {
  readonly cores: number
  readonly processor: string
  readonly node: string
  readonly platform: string
  /** Average of the minute before the run: anything above zero is somebody else's work. */
  readonly load: number
}

export function machine(): Machine {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() || 'unknown processor',
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    load: Math.round(loadavg()[0]! * 100) / 100,
  }
}

export function machineText({ cores, processor, node, platform, load }: Machine): string {
  return `${cores} cores, ${processor}, Node ${node}, ${platform}, load average ${load.toFixed(2)} at the start`
}
