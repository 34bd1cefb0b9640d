import { bold, grouped, hex32, instant, paint, shortenNumbers, shortHash, wrapped } from '../format.ts'
import type { Output } from '../output.ts'
import type { Session } from '../session.ts'
import type { Refusal } from './refusals.ts'
import type { Stage } from './stage.ts'
import type { AcceptedJson, Statement } from './statements.ts'

/** The demo's words. With --json nobody is told anything but the result. */
export class Teller {
  readonly #out: Output
  #section = 0

  constructor(out: Output) {
    this.#out = out
  }

  section(title: string): void {
    this.#section++
    this.#out.print()
    this.#out.print(bold(`${this.#section}. ${title}`, this.#out.colour))
  }

  line(text: string): void {
    this.#out.print(wrapped(text, 3, 118))
  }

  block(text: string): void {
    this.#out.print(text)
  }

  market(session: Session): void {
    const { matrix, snapshot, configuration } = session
    const symbols = snapshot.underlyings.map(({ symbol }) => symbol).join(' and ')
    this.section('Market and risk matrix (public)')
    this.line(
      `${session.marketSource}, ${instant(matrix.asOfSeconds)}: ${grouped(snapshot.instruments.length)} instruments on ` +
        `${symbols}, each priced under ${configuration.scenarios.length} scenarios`,
    )
    this.line(`risk root ${hex32(matrix.root)}`)
    if (matrix.halted.length > 0) this.line(`${matrix.halted.length} instruments are halted`)
  }

  stage(stage: Stage, gas: { round: bigint; head: bigint }): void {
    const { deployment } = stage
    this.section(`Local chain ${deployment.chainId}: contracts, round, book`)
    this.line(`RiskOracle ${deployment.oracle}, BookRegistry ${deployment.registry}`)
    this.line(`MarginAttestor ${deployment.attestor}, verifier ${deployment.verifier}`)
    this.line(`LiquidationEngine ${deployment.engine}, CollateralVault ${deployment.vault}`)
    this.line(
      `round 1 signed by 2 of 3 feeders (gas ${grouped(gas.round)}); book head 1 published (gas ${grouped(gas.head)})`,
    )
  }

  accepted(title: string, statement: Statement, accepted: AcceptedJson): void {
    this.section(title)
    const name = accepted.name === undefined ? '' : ` (${accepted.name})`
    this.line(`account ${accepted.accountId}${name}: ${accepted.reason}`)
    this.line(
      `proven in ${statement.proveSeconds.toFixed(1)} s; the chain sees the claim and the tag ${shortHash(hex32(accepted.tag))}, ` +
        'no account, no amount, no position',
    )
    this.line(
      `${this.#good('accepted')}: transaction ${shortHash(accepted.transaction)}, gas ${grouped(accepted.gas)}`,
    )
    const { threshold, below } = statement.claim
    const view = below ? 'isBelow' : 'isCovered'
    this.line(`${view}(tag, ${threshold.toUpperCase()}) on chain: ${accepted.onChain}`)
  }

  refused(refusal: Refusal): void {
    const gas = `gas ${grouped(refusal.gas)}`
    const transaction =
      refusal.transaction === null ? 'not mined' : `transaction ${shortHash(refusal.transaction)}`
    this.line(`${refusal.kind}: ${refusal.tried}`)
    this.#out.print(
      `     ${this.#bad('refused')}: ${bold(refusal.rule, this.#out.colour)}, ${transaction}, ${gas}`,
    )
    this.#out.print(wrapped(shortenNumbers(refusal.reason), 5, 118))
  }

  #good(text: string): string {
    return paint(text, '1;32', this.#out.colour)
  }

  #bad(text: string): string {
    return paint(text, '1;31', this.#out.colour)
  }
}
