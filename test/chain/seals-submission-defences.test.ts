import { beforeAll, beforeEach, describe } from 'vitest'
import { ledgerWords, liquidityWord } from '../../src/book/ledger.ts'
import { sealsParameters } from '../../src/chain/deploy-seals.ts'
import { submitSeal } from '../../src/chain/seals.ts'
import { view } from '../../src/chain/transactions.ts'
import { CASH_ID } from '../../src/protocol/liquidation.ts'
import type { SealSignals } from '../../src/protocol/seal-signals.ts'
import { LEDGER_ENTRIES } from '../../src/protocol/solvency.ts'
import { itHolds } from './fixtures/mutants.ts'
import { calling, type SealDefence, target } from './fixtures/seals-attacks.ts'
import { LEDGER, LIQUIDITY, SealsWorld } from './fixtures/seals-world.ts'
import { COIN_ID, FINALITY, UNITS_PER_LOT } from './fixtures/vault-world.ts'
import { ADMIN, MAX_AGE_SECONDS, STRANGER, VENUE } from './fixtures/world.ts'

/** What governance may set, and what a seal is compared with when it is submitted: each defence, and the seal without it. */
let world: SealsWorld
beforeAll(async () => {
  world = await SealsWorld.shared()
}, 900_000)
beforeEach(() => world.reset())

const ROLE = { target, rule: 'AccessControlUnauthorizedAccount' }

/** A seal that states something else than the chain has, and is proven. */
const stating =
  (signals: Partial<SealSignals> | ((w: SealsWorld) => Partial<SealSignals>)): SealDefence['arrange'] =>
  (w) =>
    w.submitting({ signals: typeof signals === 'function' ? signals(w) : signals })
const words = (entries: readonly { instrumentId: number; lots: bigint }[]): Partial<SealSignals> => {
  const [ledger0, ledger1, ledger2] = ledgerWords(entries) as [bigint, bigint, bigint]
  return { ledger0, ledger1, ledger2 }
}
const [CASH_ENTRY, COIN_ENTRY] = [LEDGER[0]!, LEDGER[1]!]

const GOVERNANCE: readonly SealDefence[] = [
  {
    ...ROLE,
    attack: 'a stranger sets the bonds',
    arrange: calling('setParameters', [sealsParameters()], STRANGER),
  },
  {
    ...ROLE,
    attack: 'the venue chooses the liquidity of its own gauge',
    arrange: calling('setLiquidity', [liquidityWord([1n << 80n, 1n << 80n, 1n << 80n])], VENUE),
  },
  ...[
    { venueBondLots: 99_999n },
    { venueBondLots: 2n ** 37n + 1n },
    { demandBondLots: 99n },
    { demandBondLots: 1_000_001n },
    { demandSeconds: 3_599 },
    { demandSeconds: 604_801 },
    { answerSeconds: 599 },
    { answerSeconds: 86_401 },
  ].map(
    (changes): SealDefence => ({
      target,
      rule: 'SealParameterOutOfBounds',
      attack: `governance sets ${Object.entries(changes)}`,
      arrange: calling('setParameters', [sealsParameters(changes)], ADMIN),
    }),
  ),
  {
    target,
    rule: 'SealParameterOutOfBounds',
    attack: 'a policy that is none',
    arrange: calling('setParameters', [[...sealsParameters().slice(0, 4), 2]], ADMIN),
  },
  {
    target,
    rule: 'LiquidityTooLow',
    attack: 'a liquidity so low that the gauge overflows',
    arrange: calling(
      'setLiquidity',
      [(1n << 50n) | (((1n << 34n) - 1n) << 84n) | (1n << (168n + 34n))],
      ADMIN,
    ),
  },
  {
    target,
    rule: 'LiquidityHasStrayBits',
    attack: 'a liquidity that no seal can name',
    arrange: calling('setLiquidity', [liquidityWord(LIQUIDITY) | (1n << 252n)], ADMIN),
  },
  {
    target,
    rule: 'NotACollateral',
    attack: 'an instrument that the vault does not know',
    arrange: calling('listCollateral', [99], STRANGER),
  },
  {
    target,
    rule: 'CollateralListedAlready',
    attack: 'a collateral counted twice',
    arrange: calling('listCollateral', [COIN_ID], STRANGER),
  },
  {
    target,
    rule: 'LedgerLotsTooMany',
    attack: 'a ledger that spills into the instrument’s id',
    arrange: async (w) => {
      const { token, vault } = w.vaultWorld.contracts
      const units = 2n ** 48n * UNITS_PER_LOT
      await w.vaultWorld.send(token, 'mint', [await w.vaultWorld.address(VENUE), units], VENUE)
      await w.vaultWorld.send(token, 'approve', [vault.target, units], VENUE)
      await w.vaultWorld.send(vault, 'bringIn', [CASH_ID, 2n ** 48n], VENUE)
      return () => view(w.seals, 'ledgerWordsAt', [1], w.connection.errors)
    },
  },
]

/** Of a seal's ledger: the tenth collateral with a lot, where a seal has words for nine. */
const LEDGER_WORDS_FULL: SealDefence = {
  target,
  rule: 'TooManyCollaterals',
  attack: 'more collaterals than a seal can name, the last of them left out',
  // The array of words ends there, too.
  alsoWithout: ['behind words'],
  arrange: async (w) => {
    const { coin, vault } = w.vaultWorld.contracts
    for (let extra = LEDGER.length; extra <= LEDGER_ENTRIES; extra++) {
      const instrumentId = 1_000 + extra
      await w.vaultWorld.send(vault, 'addCollateral', [instrumentId, coin.target, 1, 1], ADMIN)
      await w.vaultWorld.send(vault, 'bringIn', [instrumentId, 1], VENUE)
      await w.send('listCollateral', [instrumentId], STRANGER)
    }
    return () => view(w.seals, 'ledgerWordsAt', [1], w.connection.errors)
  },
}

const SUBMISSION: readonly SealDefence[] = [
  LEDGER_WORDS_FULL,
  { ...ROLE, attack: 'a stranger seals', arrange: (w) => w.submitting({}, STRANGER) },
  {
    target,
    rule: 'SealStands',
    attack: 'a second seal over the first, which stands',
    arrange: async (w) => {
      await w.submit()
      return w.submitting()
    },
  },
  {
    target,
    rule: 'EpochOvertaken',
    attack: 'a seal of a head that is final already',
    arrange: async (w) => {
      await w.vaultWorld.send(w.vaultWorld.registry, 'markFinal', [1], FINALITY)
      return w.submitting()
    },
  },
  {
    target,
    rule: 'SealBookMismatch',
    attack: 'a book that never was a head',
    arrange: stating({ bookRoot: 5n }),
  },
  {
    target,
    rule: 'RoundNotRecent',
    attack: 'a risk matrix of the venue’s own',
    alsoWithout: ['RoundStale', 'ParametersMismatch'],
    arrange: stating({ riskRoot: 5n }),
  },
  {
    target,
    rule: 'RoundNotRecent',
    attack: 'a round before the last two',
    alsoWithout: ['RoundStale', 'ParametersMismatch'],
    arrange: async (w) => {
      for (const sequence of [2, 3]) await w.vaultWorld.base.postRound(sequence)
      return w.submitting()
    },
  },
  {
    target,
    rule: 'RoundStale',
    attack: 'yesterday’s prices',
    arrange: async (w) => {
      const submit = await w.submitting()
      await w.chain.advance(MAX_AGE_SECONDS + 60)
      return submit
    },
  },
  {
    target,
    rule: 'ParametersMismatch',
    attack: 'softer margin parameters than the round’s',
    arrange: stating({ parameters: 5n }),
  },
  {
    target,
    rule: 'LedgerMismatch',
    attack: 'a lot more cash than the vault counts',
    arrange: stating(words([{ ...CASH_ENTRY, lots: CASH_ENTRY.lots + 1n }, COIN_ENTRY])),
  },
  {
    target,
    rule: 'LedgerMismatch',
    attack: 'a lot less cash than the vault counts: somebody’s is left out',
    arrange: stating(words([{ ...CASH_ENTRY, lots: CASH_ENTRY.lots - 1n }, COIN_ENTRY])),
  },
  {
    target,
    rule: 'LedgerMismatch',
    attack: 'a collateral left out',
    arrange: stating(words([CASH_ENTRY])),
  },
  {
    target,
    rule: 'LedgerMismatch',
    attack: 'a collateral that the vault does not have, in the second word',
    arrange: stating({ ledger1: 1n }),
  },
  {
    target,
    rule: 'LedgerMismatch',
    attack: 'a collateral that the vault does not have, in the last word',
    arrange: stating({ ledger2: 1n }),
  },
  {
    target,
    rule: 'ReservesNotHeld',
    attack: 'a nano-dollar more than the fund holds',
    arrange: async (w) => {
      const { reserves } = await w.signals()
      return w.submitting({ signals: { reserves: reserves + 1n } })
    },
  },
  {
    target,
    rule: 'LiquidityMismatch',
    attack: 'a deeper market than governance has published',
    arrange: stating({ liquidity: liquidityWord([1n << 51n, 1n << 45n, 1n << 34n]) }),
  },
  { target, rule: 'PolicyMismatch', attack: 'another policy', arrange: stating({ policy: 1n }) },
  {
    target,
    rule: 'EpochContextMismatch',
    attack: 'the seal of another epoch of the same book',
    arrange: stating((w) => ({ context: w.context(2) })),
  },
  {
    target,
    rule: 'InvalidSeal',
    attack: 'a valid seal, with fewer accounts below maintenance margin',
    arrange: async (w) => {
      const honest = await w.signals({ signals: { belowMm: 2n } })
      const proof = await w.prover.prove(honest)
      const signals = { ...honest, belowMm: 0n }
      const submission = { epoch: 1, proof: proof as never, signals, stepsRoot: `0x${'11'.repeat(32)}` }
      return () => submitSeal(w.connection, w.vaultWorld.signer(VENUE), submission)
    },
  },
]

describe('what binds governance', () => itHolds(GOVERNANCE, () => world))
describe('what a seal is compared with', () => itHolds(SUBMISSION, () => world))
