import { deny, type Denial } from './protocol/denial.js'

/** What is to be said of what a program without types gave in the place of a token, such as a cookie that did not come; `undefined` of a text. */
export const notAToken = (value: unknown): Denial | undefined => {
  if (typeof value === 'string') return undefined
  return value === undefined || value === null ? deny('token_missing') : deny('token_invalid', { detail: 'it is no text' })
}
