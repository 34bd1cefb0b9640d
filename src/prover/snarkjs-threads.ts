/** snarkjs keeps worker threads in a global of the process and never ends them by itself. */
interface SnarkjsGlobal {
  curve_bn128?: { terminate(): Promise<void> } | null
}

/** Ends the threads of snarkjs, if it started any, so that the process can exit. They start again when needed. */
export async function closeSnarkjs(): Promise<void> {
  const holder = globalThis as unknown as SnarkjsGlobal
  await holder.curve_bn128?.terminate()
}
