/** How the command ends, as scripts may rely on it. */
export const exitCodes = {
  ok: 0,
  /** A start, a configuration or an operation failed; also where what was named is not there, such as a user, a ban, a session. */
  failed: 1,
  usage: 2,
  /** The server stopped, but not cleanly. */
  unclean: 3,
  /** What was asked is answered with no: a token that is refused, a handshake that would be. */
  no: 4,
  unreachable: 5,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
