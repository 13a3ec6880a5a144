/** Characters a password has at least; with the budgets of log-ins, nobody guesses twelve. */
export const minPassword = 12
/** Characters a password has at most, so that hashing stays cheap. */
export const maxPassword = 256

/** What is wrong with a password somebody wants to set, in a sentence; `undefined` when nothing is. */
export const passwordFault = (password: string): string | undefined =>
  password.length >= minPassword && password.length <= maxPassword ? undefined : `A password has ${minPassword} to ${maxPassword} characters.`
