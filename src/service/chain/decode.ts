/** Logs as plain values: what is stored of an event is public, small, and the same whoever reads it. */
import type { Interface, LogDescription, ParamType } from 'ethers'
import { ENDINGS, KINDS, STAGES } from '../../chain/engine-client/cases.ts'
import { ENGINE_PARAMETERS } from '../../chain/engine-client/parameters.ts'
import { hex32 } from '../roots.ts'
import type { EventValues, Place } from './records.ts'
import { subjectOf, TOLD, type ToldEvent } from './told.ts'

export interface RawLog {
  readonly address: string
  readonly topics: readonly string[]
  readonly data: string
  readonly blockNumber: number
  readonly blockHash: string
  readonly transactionHash: string
  readonly index: number
}

export interface ChainEvent {
  readonly block: number
  readonly logIndex: number
  readonly transaction: string
  readonly atSeconds: number
  /** Its name in the deployment. */
  readonly contract: string
  readonly name: string
  readonly values: EventValues
  readonly subject: string | null
  readonly tag: string | null
}

export function placeOf({ block, transaction, atSeconds }: ChainEvent): Place {
  return { block, transaction, atSeconds }
}

export interface FollowedContract {
  readonly name: string
  readonly address: string
  readonly abi: Interface
}

/** Numbers that are roots, hashes or tags, and are written as such. */
const HASHES: ReadonlySet<string> = new Set([
  'riskRoot',
  'bookRoot',
  'treeRoot',
  'tag',
  'subTag',
  'counterparty',
  'slice',
])
const ENUMS: Readonly<Record<string, readonly string[]>> = {
  kind: KINDS,
  from: STAGES,
  to: STAGES,
  soldIn: STAGES,
  ending: ENDINGS,
  parameter: ENGINE_PARAMETERS,
  tranche: ['insurance', 'gammaReserve'],
}

export class EventDecoder {
  readonly #byAddress: ReadonlyMap<string, FollowedContract>

  constructor(contracts: readonly FollowedContract[]) {
    const told = contracts.filter(({ name }) => TOLD[name] !== undefined)
    this.#byAddress = new Map(told.map((contract) => [contract.address.toLowerCase(), contract]))
  }

  /** Whose logs are wanted. */
  get addresses(): string[] {
    return [...this.#byAddress.keys()]
  }

  /** Topics that are wanted, of any of the contracts. */
  get topics(): string[] {
    const topics = [...this.#byAddress.values()].flatMap(({ name, abi }) =>
      Object.keys(TOLD[name]!).flatMap((event) => abi.getEvent(event)?.topicHash ?? []),
    )
    return [...new Set(topics)]
  }

  /** Undefined for a log that nobody wants. */
  decode(log: RawLog, atSeconds: number): ChainEvent | undefined {
    const contract = this.#byAddress.get(log.address.toLowerCase())
    const parsed = contract?.abi.parseLog({ topics: [...log.topics], data: log.data })
    const told = contract && parsed && TOLD[contract.name]![parsed.name]
    if (!contract || !parsed || !told) return undefined
    return eventOf(log, atSeconds, contract.name, parsed, told)
  }
}

function eventOf(
  log: RawLog,
  atSeconds: number,
  contract: string,
  parsed: LogDescription,
  told: ToldEvent,
): ChainEvent {
  const values: Record<string, string | number | boolean> = {}
  for (const [index, input] of parsed.fragment.inputs.entries()) {
    const value = plain(input, parsed.args[index])
    if (value !== undefined) values[input.name] = value
  }
  return {
    block: log.blockNumber,
    logIndex: log.index,
    transaction: log.transactionHash,
    atSeconds,
    contract,
    name: parsed.name,
    values,
    subject: subjectOf(told, values),
    tag: typeof values.tag === 'string' ? values.tag : null,
  }
}

/** Undefined for what is left out: raw data of rounds are long, and stand with the round. */
function plain({ name, type }: ParamType, value: unknown): string | number | boolean | undefined {
  if (type === 'bool') return value as boolean
  if (type === 'address') return String(value).toLowerCase()
  if (type === 'bytes32') return String(value)
  if (!/^u?int\d+$/.test(type)) return undefined
  const number = value as bigint
  if (HASHES.has(name)) return hex32(number)
  if (type === 'uint8' && ENUMS[name] !== undefined) return ENUMS[name][Number(number)] ?? Number(number)
  // A word of the circuit, or an amount: exact as a text. What counts things or seconds is a number.
  return Number(/\d+/.exec(type)![0]) <= 64 ? Number(number) : `${number}`
}
