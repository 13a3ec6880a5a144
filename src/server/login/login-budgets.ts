import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { createBudgets, type BudgetsConfig, type BudgetAnswer } from '../../admission/budgets.js'

/** What a refused log-in costs; a good one costs 1. */
const refusedCost = 10

/** One attempt that was let through: it has been charged as a refused one. */
export interface LoginAttempt {
  /** The password was right: all but 1 is given back, and this address has a budget of its own for the account from now on. */
  accepted(at: number): void
  /** Nobody looked at the password: all is given back. */
  unjudged(at: number): void
}

/** What guessing passwords may cost, by address and by account. */
export interface LoginBudgets {
  /** Lets an attempt through and charges it as refused, so that attempts at once can't get more; or says when there will be enough. */
  take(identifier: string, addressKey: string | undefined, at: number): LoginAttempt | Refusal
}

/** Pairs of account and address that are remembered. */
const maxFamiliar = 50_000

/**
 * Creates the budgets, full.
 *
 * An account is named by what was typed, whether there is one or not. Strangers can only use up the budget that strangers have: an address from
 * which somebody logged in to the account since the start has its own, and every budget fills again, so that nobody is locked out for good.
 */
export const createLoginBudgets = (config: { readonly address: BudgetsConfig; readonly account: BudgetsConfig }): LoginBudgets => {
  const addresses = createBudgets(config.address)
  const accounts = createBudgets(config.account)
  const familiar = new LRUCache<string, true>({ max: maxFamiliar })

  return {
    take(identifier, addressKey, at) {
      const account = hash('sha256', identifier.toLowerCase(), 'base64url')
      const pair = addressKey === undefined ? undefined : `${account} ${addressKey}`
      const accountKey = pair !== undefined && familiar.get(pair) === true ? pair : account
      // Both are asked before either is charged: who waits for the one must not find the other dry.
      const refused = laterOf(addressKey === undefined ? undefined : addresses.peek(addressKey, at), accounts.peek(accountKey, at))
      if (refused !== undefined) return refused

      const charge = (cost: number, when: number): void => {
        if (addressKey !== undefined) addresses.charge(addressKey, cost, when)
        accounts.charge(accountKey, cost, when)
      }
      charge(refusedCost, at)
      return {
        accepted(when) {
          charge(1 - refusedCost, when)
          if (pair !== undefined) familiar.set(pair, true)
        },
        unjudged(when) {
          charge(-refusedCost, when)
        },
      }
    },
  }
}

type Refusal = Extract<BudgetAnswer, { granted: false }>

/** Of the two the refusal that lasts longer; `undefined` when neither is one. */
const laterOf = (first: BudgetAnswer | undefined, second: BudgetAnswer): Refusal | undefined => {
  if (first?.granted !== false) return second.granted ? undefined : second
  return second.granted || second.retryAfterMs < first.retryAfterMs ? first : second
}
