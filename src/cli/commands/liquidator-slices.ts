import type { Command } from 'commander'
import type { BookOpening } from '../../book/book.ts'
import { accountLeaf, accountTag } from '../../book/leaf.ts'
import { MAX_RECEIPT_BYTES, parseReceipt } from '../../bundle/receipt.ts'
import { latestRound } from '../../chain/client.ts'
import { listCases } from '../../chain/engine-client/case-list.ts'
import { readCase } from '../../chain/engine-client/cases.ts'
import { KnownRounds } from '../../keeper/rounds.ts'
import { openSlice, priceSlice, register, registerOwnSubAccount } from '../../liquidator/liquidator.ts'
import { InputError } from '../../protocol/errors.ts'
import { MARGIN_INSTANCES, type MarginInstance } from '../../protocol/instances.ts'
import { CASH_LOT_NANO } from '../../protocol/liquidation.ts'
import type { Hasher } from '../../protocol/poseidon.ts'
import { EngineProver } from '../../prover/engine-circuits.ts'
import { caseJson, casesTable } from '../case-view.ts'
import { type Attach, newCommand } from '../command.ts'
import { bpsOption, type ChainOptions, openChain, parseCaseId, withChain } from '../engine-options.ts'
import { EXIT } from '../exit-codes.ts'
import { readSmallTextFile, readTextFile } from '../files.ts'
import { grouped, hex32, usd } from '../format.ts'
import { type LiquidatorOptions, venueKeyOf, withLiquidator, withLiquidatorHand } from '../liquidator-hand.ts'
import { type InstanceOptions, type ProverOptions, withCache, withProver } from '../options.ts'
import { artifactsOptions } from '../prover.ts'
import { RoundFolder } from '../round-folder.ts'

interface RegisterOptions extends LiquidatorOptions, ProverOptions {
  readonly rpc: string
  readonly cache: string
  readonly receipt?: string
  readonly rounds?: string
}

export function registerCommand(attach: Attach): Command {
  const command = withProver(
    withLiquidator(
      newCommand({
        name: 'register',
        summary: 'set the disclosure key, post the bond, register a sub-account',
        description:
          'Sets the key that slices are encrypted to and bonds what is missing out of free lots of the escrow. With --receipt ' +
          'it also proves to the vault that an empty account is yours (a withdrawal of nothing) and registers it as a ' +
          'sub-account; the venue then vouches for it. The venue writes the receipt (tacit receipt), of the book of the head.',
        examples: [
          'liquidator register --deployment deployment.json --key alice.key --disclosure-key alice.x25519',
          'liquidator register --deployment deployment.json --key alice.key --disclosure-key alice.x25519 ' +
            '--receipt sub.json --rounds rounds/',
        ],
      }),
    ),
  )
    .option('--receipt <file>', 'receipt of the sub-account in the book of the head, from the venue')
    .option('--rounds <folder>', 'market files of the posted rounds; needed with --receipt')
  return attach<RegisterOptions>(command, (invocation) =>
    withLiquidatorHand(invocation, async (context) => {
      const { io, out, options } = invocation
      const sent = await register(context)
      if (options.receipt !== undefined) {
        if (options.rounds === undefined)
          throw new InputError('is needed with --receipt', { field: '--rounds' })
        const opening = openingOf(context.hasher, context.instance, options.receipt)
        const tag = accountTag(context.hasher, opening.account.secret)
        const round = await latestOf(options.rounds, options, context)
        const prover = await out.task('circuit and keys', (update) =>
          EngineProver.open('adjust', context.instance, artifactsOptions(options, io, out, update)),
        )
        try {
          sent.push(
            await out.task('proving who owns it', () =>
              registerOwnSubAccount(context, opening, tag, round.proving, prover),
            ),
          )
        } finally {
          await prover.close()
        }
        out.print(`sub-account ${hex32(tag)} is registered; the venue has to vouch for it`)
      }
      out.print(`${sent.length} transactions; nothing else was missing`)
      out.result({ transactions: sent.map(({ transaction }) => transaction) })
      return EXIT.done
    }),
  )
}

export function listCommand(attach: Attach): Command {
  const command = withCache(
    withChain(
      newCommand({
        name: 'list',
        summary: 'what is on sale now',
        description:
          'Lists the cases that a liquidator can act on: soft offers, sealed bids, the public auction.',
        examples: [
          'liquidator list --deployment deployment.json',
          'liquidator list --deployment d.json --json',
        ],
      }),
    ),
  )
  return attach<ChainOptions>(command, async ({ io, out, options }) => {
    const chain = await openChain(options, io)
    try {
      const listed = await listCases(chain.connection, chain.fromBlock)
      const onSale = listed.filter(({ engineCase }) => ['soft', 'sealed', 'dutch'].includes(engineCase.stage))
      out.print(onSale.length === 0 ? 'nothing is on sale' : casesTable(onSale, true))
      out.result({ cases: onSale.map(caseJson) })
      return EXIT.done
    } finally {
      chain.close()
    }
  })
}

interface OpenOptions extends LiquidatorOptions {
  readonly case: string
  readonly package: string
  readonly rounds: string
  readonly want: bigint
}

export function openCommand(attach: Attach): Command {
  const command = withLiquidator(
    newCommand({
      name: 'open',
      summary: 'open the slice that was disclosed to you, and price it',
      description:
        'Decrypts a package, checks it against the case and its commitment on chain, and prices it: what to bid to earn a ' +
        'share of the relief over the mark. A package that does not match is refused, and says nothing of its contents.',
      examples: [
        'liquidator open --deployment deployment.json --key alice.key --disclosure-key alice.x25519 ' +
          '--case 0x... --package 0x....json --rounds rounds/ --want 150',
      ],
    }),
  )
    .requiredOption('--case <id>', 'the case (required)', parseCaseId)
    .requiredOption('--package <file>', 'the package that the venue put out for you (required)')
    .requiredOption('--rounds <folder>', 'market files of the posted rounds (required)')
    .addOption(bpsOption('--want <bps>', 'what you want to earn, basis points of the relief', 150n))
  return attach<OpenOptions>(command, (invocation) =>
    withLiquidatorHand(invocation, async (context, chain) => {
      const { out, options } = invocation
      const text = readTextFile(options.package).text.trim()
      const lot = await openSlice(context, options.case, text, venueKeyOf(chain, options))
      const { riskRoot } = await readCase(context.connection, options.case)
      const { known, listing } = await knownOf(options.rounds, options, riskRoot)
      const marginNano = (lot.reliefBpsNano * options.want) / 10n ** 8n
      const price = await priceSlice(context, options.case, lot, known.risk, { marginNano })
      out.print('the package matches the commitment of the case')
      for (const { id, quantityLots } of lot.moved) {
        out.print(
          `  ${grouped(quantityLots).padStart(16)} lots of ${listing.byId(id)?.symbol ?? `instrument ${id}`}`,
        )
      }
      out.print(`value at the mark    ${usd(price.markNano)} USD`)
      out.print(`relief               ${usd(lot.reliefBpsNano / 10_000n)} USD`)
      out.print(`escrow               ${usd(price.escrowLots * CASH_LOT_NANO)} USD`)
      out.print(
        `bid                  ${price.bidBps === undefined ? 'none: the cap is too low' : `${price.bidBps} bps`}`,
      )
      out.result({ lot: { ...lot, salt: undefined }, price })
      return EXIT.done
    }),
  )
}

/** The opening that a receipt's file holds. Whether it leads to its book root is checked when it is proven with. */
function openingOf(hasher: Hasher, instance: MarginInstance, file: string): BookOpening {
  const receipt = parseReceipt(readSmallTextFile(file, MAX_RECEIPT_BYTES))
  if (receipt.instance !== instance.name) {
    throw new InputError(`is of a book of ${receipt.instance}, not ${instance.name}`, {
      file,
      field: 'instance',
    })
  }
  const { account, index, count, path, bookRoot } = receipt
  return { account, index, count, path, bookRoot, leaf: accountLeaf(hasher, account, instance.slots) }
}

async function knownOf(folder: string, options: InstanceOptions, riskRoot: bigint) {
  const instance = MARGIN_INSTANCES[options.instance]
  const rounds = new RoundFolder(folder, instance, undefined)
  try {
    const known = new KnownRounds()
    await rounds.readNew(known)
    const round = known.byRoot(riskRoot)
    if (round === undefined) {
      throw new InputError('holds no market with the risk root that is asked for', { file: folder })
    }
    return { known: round, listing: rounds.listing }
  } finally {
    await rounds.close()
  }
}

async function latestOf(
  folder: string,
  options: InstanceOptions,
  { connection }: { connection: Parameters<typeof latestRound>[0] },
) {
  const latest = await latestRound(connection)
  if (latest === undefined) throw new InputError('no round was posted yet', { field: '--rpc' })
  return (await knownOf(folder, options, latest.riskRoot)).known
}
