import { useId, useState } from 'preact/hooks'
import type { Auction, ChainDeployment } from '../../../service/client/index.ts'
import type { Leg } from '../../worker/messages.ts'
import { faultOf } from '../data/loaded.ts'
import { publicClient, useSession } from '../data/service.ts'
import { runJob } from '../data/work.ts'
import { Message } from '../parts/common.tsx'
import { Rows } from '../parts/table.tsx'
import type { Engine } from '../wallet/engine.ts'
import type { ConnectedWallet } from '../wallet/wallet.ts'
import { signInWith } from './sign-in.ts'

interface PackageProps {
  readonly auction: Auction
  readonly deployment: ChainDeployment
  readonly wallet: ConnectedWallet
  readonly engine: Engine
}

/** The lot's legs for a listed liquidator: fetched sealed, opened here, held against the commitment on the chain. */
export function LotPackage(props: PackageProps) {
  const id = useId()
  const { owner, setOwner } = useSession()
  const [secret, setSecret] = useState('')
  const [legs, setLegs] = useState<readonly Leg[]>()
  const [fault, setFault] = useState<string>()
  const [isRunning, setRunning] = useState(false)
  const open = async (event: Event) => {
    event.preventDefault()
    setRunning(true)
    setFault(undefined)
    try {
      const isOwn = owner?.address.toLowerCase() === props.wallet.address.toLowerCase()
      const session = isOwn ? owner! : await signInWith(props.wallet)
      setOwner(session)
      setLegs(await openLegs(props, session.client, secret))
      setSecret('')
    } catch (error) {
      const { message, details } = faultOf(error)
      setFault([message, ...details].join(' '))
    } finally {
      setRunning(false)
    }
  }
  return (
    <details>
      <summary>See the lot's legs</summary>
      <form class="panel-form" onSubmit={open}>
        <div class="field">
          <label for={id}>Your disclosure key (X25519, secret)</label>
          <input
            id={id}
            type="password"
            autocomplete="off"
            spellcheck={false}
            required
            value={secret}
            onInput={({ currentTarget }) => setSecret(currentTarget.value)}
            aria-describedby={`${id}-note`}
          />
          <small id={`${id}-note`}>
            It is used here and sent nowhere. You sign in with the wallet to fetch the sealed package.
          </small>
        </div>
        <div>
          <button type="submit" class="button" disabled={isRunning}>
            {isRunning ? 'Opening …' : 'Fetch and open'}
          </button>
        </div>
      </form>
      {fault !== undefined && <Message tone="bad" title={fault} />}
      {legs !== undefined && <Legs legs={legs} riskRootRound={props.auction.lot.round} />}
    </details>
  )
}

async function openLegs(
  { auction, deployment, engine }: PackageProps,
  client: typeof publicClient,
  secretKey: string,
): Promise<readonly Leg[]> {
  const { caseId } = auction
  if (deployment.venueKey === null) throw new Error('The deployment names no key of the venue.')
  const [{ modeOf }, onChain, packages, ready] = await Promise.all([
    import('../wallet/engine.ts'),
    engine.caseOnChain(caseId),
    client.packages(caseId),
    publicClient.ready(),
  ])
  const sealed = packages.find(({ round }) => BigInt(round) === onChain.round)
  if (sealed === undefined) throw new Error('The venue has not put a package of this lot here for you.')
  const mode = modeOf(onChain)
  const { legs } = await runJob({
    kind: 'lot',
    package: sealed.package,
    secretKey,
    expected: {
      caseId,
      chainId: `${deployment.chainId}`,
      engine: deployment.contracts.find(({ name }) => name === 'engine')!.address,
      slice: `${onChain.slice}`,
      mode,
      percent: mode === 'slice' ? `${onChain.percent}` : '100',
      round: `${onChain.round}`,
      venueKey: deployment.venueKey,
      instance: ready.instance,
    },
  })
  return legs
}

function Legs({ legs, riskRootRound }: { readonly legs: readonly Leg[]; readonly riskRootRound: number }) {
  return (
    <>
      <Message
        tone="good"
        title="This is the lot that the engine sells: its commitment is the one on the chain."
      />
      <Rows
        caption={`Legs of the lot, round ${riskRootRound}`}
        rows={legs}
        keyOf={({ id }) => id}
        columns={[
          { name: 'Instrument', cell: ({ id }) => id },
          { name: 'Lots', isNumber: true, cell: ({ lots }) => Number(lots).toLocaleString('en') },
        ]}
      />
    </>
  )
}
