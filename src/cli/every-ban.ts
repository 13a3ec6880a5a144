import type { z } from 'zod'
import type { Offline } from '../server/offline.js'
import { ban, banList } from './answers.js'
import { demand } from './cli.js'
import type { OperatorClient } from './operator-client.js'

type ShownBan = z.infer<typeof ban>

/** Bans read in one go. */
const pageSize = 1_000

/** Every ban in force on a running server, oldest first, read in parts. */
export async function* bansOnServer(client: OperatorClient): AsyncGenerator<ShownBan> {
  for (let after: string | undefined; ; ) {
    const query = new URLSearchParams({ limit: String(pageSize), ...(after === undefined ? {} : { after }) }).toString()
    const { items, next } = demand(await client.ask(banList, 'GET', `/api/v1/bans?${query}`))
    yield* items
    if (next === undefined) return
    after = next
  }
}

/** The same from the database itself. */
export async function* bansInFile(database: Offline): AsyncGenerator<ShownBan> {
  for (let after: string | undefined; ; ) {
    const items = await database.bans(after, pageSize)
    yield* items.map((each) => ban.parse(each))
    after = items.at(-1)?.id
    if (after === undefined) return
  }
}

/** All of them in memory, for a table. */
export const gather = async (every: AsyncIterable<ShownBan>): Promise<readonly ShownBan[]> => {
  const gathered: ShownBan[] = []
  for await (const each of every) gathered.push(each)
  return gathered
}
