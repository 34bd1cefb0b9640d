import { casesAreFollowed } from './follower/cases.ts'
import { failuresCostNothing } from './follower/failures.ts'
import { lostBlocksAreForgotten } from './follower/reorganisations.ts'
import { roundsAreRejected } from './follower/rounds.ts'
import { sealsAreRead } from './follower/seals.ts'
import { serviceTellsTheChain } from './follower/service.ts'
import { prepareFollower } from './follower/shared.ts'

/** One file, so that all parts share one chain: deploying the system is most of what a part takes. */
prepareFollower()
casesAreFollowed()
roundsAreRejected()
sealsAreRead()
lostBlocksAreForgotten()
failuresCostNothing()
serviceTellsTheChain()
