/** Packages for bidders: kept for the keeper, handed on to the service. Boundary module: randomness and network. */
import { randomBytes } from 'node:crypto'
import { disclosureKeys } from '../book/disclosure-keys.ts'
import type { DisclosureDesk } from '../keeper/context.ts'
import type { TacitClient } from '../service/client/index.ts'

interface Package {
  readonly caseId: string
  readonly round: bigint
  readonly liquidator: string
  readonly text: string
}

export class PackageDesk implements DisclosureDesk {
  readonly venueSecretKey = randomBytes(32)
  readonly #published = new Set<string>()
  #waiting: Package[] = []

  get venueKey(): Uint8Array {
    return disclosureKeys(this.venueSecretKey).publicKey
  }

  nonce(): Uint8Array {
    return randomBytes(24)
  }

  has(caseId: string, round: bigint, liquidator: string): boolean {
    return this.#published.has(keyOf(caseId, round, liquidator))
  }

  publish(caseId: string, round: bigint, liquidator: string, text: string): void {
    this.#published.add(keyOf(caseId, round, liquidator))
    this.#waiting.push({ caseId: caseId.toLowerCase(), round, liquidator, text })
  }

  /** Hands on what has gathered; what the service does not take stays for the next time. */
  async handOn(venue: TacitClient): Promise<void> {
    while (this.#waiting.length > 0) {
      const { caseId, round, liquidator, text } = this.#waiting[0]!
      await venue.writePackage(caseId, liquidator, { round: Number(round), package: text })
      this.#waiting.shift()
    }
  }
}

function keyOf(caseId: string, round: bigint, liquidator: string): string {
  return `${caseId} ${liquidator} ${round}`.toLowerCase()
}
