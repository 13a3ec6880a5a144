import type { LadderBan } from '../../admission/ladder.js'
import type { SqliteEngine } from './engine.js'

/** As many as the ladder remembers. */
const maxBans = 50_000

/**
 * Reads the bans the ladder made, as it takes them over at a start: one that was lifted, and all of its address before that, are forgiven.
 *
 * Goes through the table itself: by the index, half a million imported bans would be fetched one by one to see that they are none of the ladder's.
 */
export const createSqliteLadderBans =
  (engine: SqliteEngine): ((since: number) => Promise<readonly LadderBan[]>) =>
  async (since) => {
    const newest = await engine.read<LadderBan>(
      'lists',
      `with forgiven as (
         select subject, max(lifted_ms) as at from bans not indexed where kind = 'network' and source = 'ladder' and lifted_ms is not null group by subject
       )
       select b.subject as key, b.created_ms as createdAt, b.expires_ms as endsAt from bans as b not indexed left join forgiven as f on f.subject = b.subject
       where b.kind = 'network' and b.source = 'ladder' and b.lifted_ms is null and b.expires_ms > ? and (f.at is null or f.at < b.created_ms)
       order by b.created_ms desc, b.id desc limit ?`,
      [since, maxBans],
    )
    return newest.toReversed()
  }
