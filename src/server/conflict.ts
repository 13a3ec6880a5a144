/** What was to be added is there already; the message says which part of it is taken. */
export class Conflict extends Error {
  readonly code = 'ERR_CONFLICT'
  override readonly name = 'Conflict'
}
