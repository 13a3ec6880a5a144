import { v7 as uuidv7 } from 'uuid'
import type { Ban, Bans, NewBan } from '../../admission/ban.js'
import { canonicalSubject } from '../../admission/ban-subject.js'
import { banColumns, banFromRow, banJson, type BanRow, bansFromJson } from './ban-row.js'
import type { SqliteEngine } from './engine.js'

/** Bans in SQLite. Lifted and expired ones stay in the table, for the record; `list` doesn't see them. */
export const createSqliteBans = (engine: SqliteEngine): Bans => ({
  async add(newBan, actorAddress) {
    const ban: Ban = { ...newBan, id: uuidv7(), subject: canonicalSubject(newBan.subject) }
    await engine.write('addBan', { ban, actorAddress })
    return ban
  },
  async addAll(newBans, actorAddress) {
    const bans = newBans.map((newBan): NewBan => ({ ...newBan, subject: canonicalSubject(newBan.subject) }))
    const added = await engine.write('addBans', { bans, actorAddress })
    return added.flatMap(({ id, place }): readonly Ban[] => {
      const ban = bans[place]
      return ban === undefined ? [] : [{ ...ban, id }]
    })
  },
  lift: async (subject, actor, at, actorAddress) => engine.write('liftBans', { subject: canonicalSubject(subject), actor, at, actorAddress }),
  async list(at) {
    const rows = await engine.read<BanRow>(
      'lists',
      `select ${banColumns} from bans where lifted_ms is null and (expires_ms is null or expires_ms > ?) order by created_ms, id`,
      [at],
    )
    return rows.map(banFromRow)
  },
  async count() {
    // Answered from the index of exactly these; by their end each of them would have to be looked at.
    const [row] = await engine.read<{ readonly count: number }>('lists', 'select count(*) as count from bans where lifted_ms is null')
    return row?.count ?? 0
  },
  async page(at, after, limit) {
    const [row] = await engine.read<{ readonly bans: string }>(
      'lists',
      `select json_group_array(${banJson} order by id) as bans from (
         select ${banColumns} from bans where id > ? and lifted_ms is null and (expires_ms is null or expires_ms > ?) order by id limit ?)`,
      [after ?? '', at, limit],
    )
    const bans = row === undefined ? [] : bansFromJson(row.bans)
    // Who has read all of many has filled the memory of the reader with pages that nobody asks for again.
    if (after !== undefined && bans.length < limit) await engine.read('lists', 'pragma shrink_memory')
    return bans
  },
})
