/** After a storm on the chain's side: a last case that is taken back, and then everything is compared. Boundary module: network, database. */
import type { Database } from '../../../src/service/storage/database.ts'
import { caughtUp, differences } from './account.ts'
import { startControl } from './control.ts'
import type { Listener } from './listener.ts'
import type { ChainStorm } from './storm.ts'

/** A follower that has failed many times waits for half a minute before it asks again. */
const PATIENCE_MS = 90_000

/** Every fault that is found, in words; empty when all is well. */
export async function followUp(storm: ChainStorm, database: Database, listener: Listener): Promise<string[]> {
  const late: string[] = []
  const read = async () => {
    if (!(await caughtUp(storm, database, PATIENCE_MS))) late.push('the chain was not read to its end')
  }
  const control = await startControl(storm.target)
  try {
    await read()
    await storm.takeCaseBack(async () => {
      await Promise.all([read(), control.following.catchUp()])
    })
    await Promise.all([read(), control.following.catchUp()])
    if (!(await listener.hasAll(database, PATIENCE_MS))) late.push('a listener was not told everything')
    const ofControl = await differences(control.following.database, storm.target, await control.heard())
    if (ofControl.length === 0)
      late.push('the comparison does not notice a case that was taken back and kept')
    return [...late, ...listener.wrong, ...(await differences(database, storm.target, listener.heard))]
  } finally {
    await control.close()
  }
}
