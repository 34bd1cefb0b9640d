import { getBytes } from 'ethers'
import { sealDisclosure } from '../book/disclosure.ts'
import { activeLiquidators } from '../chain/engine-client/case-list.ts'
import { readCase } from '../chain/engine-client/cases.ts'
import { ToolError } from '../protocol/errors.ts'
import type { Acted } from './act.ts'
import { soldLotRequest } from './act-confirm.ts'
import type { KeeperContext } from './context.ts'
import { replanLot } from './lot-plan.ts'

/** Shows the lot of a case to every active liquidator, each under its own key. Nothing is sent to the chain. */
export async function disclose(context: KeeperContext, caseId: string): Promise<Acted> {
  const { connection, hasher, venueBook, rounds, disclosures, fromBlock } = context
  if (disclosures === undefined) throw new ToolError('no place for disclosure packages was given')
  const engineCase = await readCase(connection, caseId)
  const round = rounds.byRoot(engineCase.riskRoot)
  if (round === undefined)
    throw new ToolError('the market of the round that the lot was proven on is not at hand')
  const plan = replanLot(hasher, soldLotRequest(context, engineCase, round), engineCase.slice)
  const { chainId, engine } = connection.deployment
  let shown = 0
  for (const { address, disclosureKey } of await activeLiquidators(connection, fromBlock)) {
    if (disclosures.has(caseId, engineCase.round, address)) continue
    const text = sealDisclosure({
      of: { caseId, chainId, engine },
      lot: {
        salt: plan.salt,
        reliefBpsNano: plan.lot.reduction.reliefBpsNano,
        moved: plan.lot.moved,
        terms: plan.lot.terms,
        round: engineCase.round,
      },
      slotCount: venueBook.instance.slots,
      venueSecretKey: disclosures.venueSecretKey,
      recipientKey: getBytes(disclosureKey),
      nonce: disclosures.nonce(),
    })
    disclosures.publish(caseId, engineCase.round, address, text)
    shown++
  }
  return { detail: `shown to ${shown} liquidators` }
}
