import { InputError } from '../../protocol/errors.ts'
import type { Hasher } from '../../protocol/poseidon.ts'
import type { Account } from '../account.ts'
import { accountTag } from '../leaf.ts'
import { cashOf, entriesOf } from './positions.ts'
import { requireRule } from './rules.ts'

/**
 * A liquidator's sub-account that can take a lot: its own, under the tag that it registered, holding nothing but cash,
 * and no debt. Throws InputError for a foreign account, RuleError for one that holds positions or owes cash.
 */
export function checkSubAccount(
  hasher: Hasher,
  account: Account,
  registered: { readonly owner: bigint; readonly tag: bigint },
): void {
  if (account.owner !== registered.owner) {
    throw new InputError(`account ${account.accountId} belongs to another owner`, { field: 'owner' })
  }
  if (accountTag(hasher, account.secret) !== registered.tag) {
    throw new InputError(`account ${account.accountId} has another tag than the one registered`, {
      field: 'tag',
    })
  }
  requireRule(entriesOf(account.positions).length === 0, 'receiverEmpty')
  requireRule(cashOf(account.positions) >= 0n, 'receiverCovered', () => 'it owes cash')
}
