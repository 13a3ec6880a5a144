import type pg from 'pg'
import { PeerMissing } from '../../admission/peer-missing.js'

/**
 * Loads the PostgreSQL driver, an optional peer.
 *
 * @param what - What is to be read, for the message.
 * @throws PeerMissing with the line that installs it.
 */
export const loadPg = async (what = 'users'): Promise<typeof pg> => {
  try {
    return (await import('pg')).default
  } catch (error) {
    throw new PeerMissing(`Cannot read ${what} from PostgreSQL as the package "pg" is not installed: run \`npm install pg\``, { cause: error })
  }
}
