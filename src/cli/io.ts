/** What a command may touch of the process that it runs in; tests hand in their own. Boundary module. */
export interface Io {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** stderr is a terminal, so progress may redraw its line. */
  readonly live: boolean
  /** stdout is a terminal that takes colours. */
  readonly colour: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
}

export function processIo(): Io {
  const { env, stdout, stderr } = process
  // A reader that has seen enough (| head) closes the pipe; that is no failure of ours.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 4))
  return {
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    live: stderr.isTTY === true && env.TERM !== 'dumb',
    colour: stdout.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
    environment: env,
  }
}
