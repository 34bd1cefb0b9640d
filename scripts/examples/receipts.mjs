// An owner's program: signs in with an Ethereum key and reads its own openings of the newest book.
//   node receipts.mjs https://prover.venue.example   (OWNER_KEY: the private key, 0x and 64 hex digits)
import { Wallet } from 'ethers'
import { signInMessage, TacitClient } from 'tacit/client'

const service = new TacitClient({ url: process.argv[2] })
const wallet = new Wallet(process.env.OWNER_KEY)
const message = signInMessage(await service.challenge(), wallet.address)
const session = await service.signIn({ message, signature: await wallet.signMessage(message) })
const owner = service.as(session.token)
const [book] = await service.books(1)
for (const receipt of await owner.receipts(book.bookRoot)) console.log(JSON.stringify(receipt))
await owner.signOut()
