import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Passes JSON-RPC on, or does what a node does that is away. */
export async function relayTo(target: string) {
  const relay = {
    state: 'answers' as 'answers' | 'hangs' | 'fails' | 'closes',
    url: '',
    close: async () => {},
  }
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (relay.state === 'hangs') return
    if (relay.state === 'closes') return void request.socket.destroy()
    if (relay.state === 'fails') return void response.writeHead(503).end('away')
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(target, { method: 'POST', headers, body: Buffer.concat(chunks) })
    response.writeHead(200, headers).end(await answer.text())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  relay.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  relay.close = () => {
    server.closeAllConnections()
    return new Promise<void>((done) => server.close(() => done()))
  }
  return relay
}
