/** SQLSTATE of an error the server sent, with what it lets us conclude (PostgreSQL documentation, appendix A). */
interface ServerError extends Error {
  readonly code: string
  readonly severity: string
}

const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error && 'severity' in error && typeof error.severity === 'string' && 'code' in error && typeof error.code === 'string'

/** Whether the server's session can be used again after an error; what is fatal, or came from the network, ends it. */
export const isSessionAlive = (error: unknown): boolean => isServerError(error) && error.severity === 'ERROR'

/** Ids that the column's type cannot hold: `abc` (22P02), a number out of range (22003), text not in the server's encoding (22021, 22P05). */
const impossibleIds: readonly string[] = ['22P02', '22003', '22021', '22P05']

/** Whether the server said that an id of this shape cannot exist. */
export const isNobody = (error: unknown): boolean => isServerError(error) && impossibleIds.includes(error.code)

/** Whether what the server holds, in a database that checks no encoding, is no text in ours. */
export const isOddText = (error: unknown): boolean => isServerError(error) && error.code === '22021'

/** Whether the server is well and merely refused: a wrong query (42), but not a lack of resources, a shutdown, or a cancelled statement. */
export const answered = (error: unknown): boolean => isSessionAlive(error) && isServerError(error) && error.code.startsWith('42')

/** For operators. Only what speaks of the query or the login is quoted: other messages may hold data. */
export const describe = (error: unknown): string => {
  if (isServerError(error)) {
    const quoted = /^(?:42|28|3D)/.test(error.code) ? `: ${error.message}` : ''
    return `refused with SQLSTATE ${error.code}${quoted}.`
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''
  return `did not answer${code}.`
}
