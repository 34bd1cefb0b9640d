// Anybody's program: where does a venue stand on its chain? Needs the deployment's file and an RPC address, no key.
//   node chain.mjs deployment.json https://rpc.chain.example
import { readFileSync } from 'node:fs'
import { Contract, JsonRpcProvider } from 'ethers'
import { contractsOf, readDeployment } from 'tacit/contracts'

const [file, rpc] = process.argv.slice(2)
const deployed = readDeployment({ name: file, text: readFileSync(file, 'utf8') })
const provider = new JsonRpcProvider(rpc, undefined, { staticNetwork: true })
const { oracle, registry } = contractsOf(deployed)
const at = ({ address, abi }) => new Contract(address, abi, provider)

const [round, head, sealed] = await Promise.all([
  at(oracle).latestSequence(),
  at(registry).headSequence(),
  at(registry).finalSequence(),
])
console.log(JSON.stringify({ round: `${round}`, head: `${head}`, sealed: `${sealed}` }))
provider.destroy()
