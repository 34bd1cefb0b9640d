// Entry of a worker thread: where the engine runs from TypeScript sources, the thread has to learn TypeScript first.
if (import.meta.url.includes('node_modules')) {
  await import('./worker.js')
} else {
  const { register } = await import('tsx/esm/api')
  register()
  await import('./worker.ts')
}
