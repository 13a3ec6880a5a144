import type pg from 'pg'

/** A package that is installed only by those who need it is not there. */
export class PeerMissing extends Error {
  readonly code = 'ERR_PEER_MISSING'
  override readonly name = 'PeerMissing'
}

/**
 * Loads the PostgreSQL driver, an optional peer.
 *
 * @throws PeerMissing with the line that installs it.
 */
export const loadPg = async (): Promise<typeof pg> => {
  try {
    return (await import('pg')).default
  } catch (error) {
    throw new PeerMissing('Cannot read users from PostgreSQL as the package "pg" is not installed: run `npm install pg`', { cause: error })
  }
}
