/**
 * The bytes of a file piece by piece, never the whole of it in memory. Stops reading when its reader stops.
 * @param onRead told how many bytes were read so far
 */
export async function* chunksOf(file: Blob, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader()
  let bytes = 0
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      bytes += next.value.length
      onRead(bytes)
      yield next.value
    }
  } finally {
    await reader.cancel()
  }
}
