import type { Denial } from '../protocol/denial.js'
import type { Budgets } from './budgets.js'

/** What a token that proves nothing costs its address beyond the 1 that every attempt costs. */
const badTokenCost = 4

/** Charges an address for a token that proved nothing; any other denial costs what was reserved. */
export const chargeBadToken = (addresses: Pick<Budgets, 'charge'>, key: string | undefined, { reason }: Denial, at: number): void => {
  if (key !== undefined && reason === 'token_invalid') addresses.charge(key, badTokenCost, at)
}
