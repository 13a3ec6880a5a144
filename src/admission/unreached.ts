/**
 * Why `fetch` got no answer, for the log: with the code of the system, of TLS or of fetch itself, so that a certificate is not looked for on the network. Nothing
 * of an answer is quoted.
 *
 * @param error - What `fetch` rejected with.
 */
export const unreached = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined
  if (!(cause instanceof Error)) return 'can not be reached'
  if ('code' in cause && typeof cause.code === 'string') return `can not be reached: ${cause.code}`
  // https://fetch.spec.whatwg.org/#port-blocking
  return cause.message === 'bad port' ? 'can not be reached: fetch asks no server on this port' : 'can not be reached'
}
