// How long do pages, searches and deep pages take in a large database, and what do look-ups of users and sends notice of them?
//
//   npm run build && node bench/pages.mjs [s|m|l, default l] [folder, kept and used again; default a temporary one]
//
// Asks the SQLite store itself: no sockets, no JSON of a dialect. Seeding the size l takes four minutes, and goes on in a folder where it was interrupted. Sends of the bench stay in a kept folder.
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { largeSizes, seedLarge } from '../dist/server/seed/seed-large.js'
import { createDice } from '../dist/server/seed/dice.js'
import { seed } from '../dist/server/seed/seed.js'
import { openSqlite } from '../dist/stores/sqlite/engine.js'
import { migrate } from '../dist/stores/sqlite/migrate.js'
import { createSqliteConversations } from '../dist/stores/sqlite/sqlite-conversations.js'
import { createSqlitePartImports } from '../dist/stores/sqlite/sqlite-part-imports.js'
import { createSqliteUsers } from '../dist/stores/sqlite/sqlite-users.js'

const size = process.argv[2] ?? 'l'
const kept = process.argv[3]
const folder = kept ?? (await mkdtemp(join(os.tmpdir(), 'sallyport-bench-')))
await mkdir(folder, { recursive: true })
const path = join(folder, 'pages.db')
const samples = 200
const caseMs = 3_000
const loadMs = 5_000
const askers = 4
const dice = createDice(1)

const engine = await openSqlite({ path, deadlineMs: 60_000 })
await migrate(engine)
const store = createSqliteConversations(engine)
const users = createSqliteUsers(engine)
const seededAt = performance.now()
const seeded =
  size === 's'
    ? await seed(store, { at: Date.now() })
    : await seedLarge({ ...store, ...createSqlitePartImports(engine) }, largeSizes[size], Date.now(), ({ done, all }) => process.stderr.write(`\r${done} of ${all} conversations`))
if (seeded.workspaces.length > 0) console.log(`\nseeded in ${((performance.now() - seededAt) / 1_000).toFixed(0)} s`)

const inbox = (filter, limit, offset = 0, by = 'updatedAt', beside = {}) => () =>
  store.conversations({ workspace: '1', reader: '1', filter: typeof filter === 'function' ? filter() : filter, order: { by, descending: true }, offset, limit, ...beside })
const people = (filter, limit, offset = 0, by = 'createdAt', beside = {}) => () =>
  store.customers({ workspace: '1', filter, order: { by, descending: true }, offset, limit, ...beside })
const whole = await inbox({}, 100)()
const last = Math.max(0, whole.total - 100)
const middle = Math.floor(whole.total / 2)
const title = (await inbox({}, 1, middle, 'title')()).rows[0].conversation
const middleOfPeople = Math.floor((await people({}, 1)()).total / 2)
const person = (await people({}, 1, middleOfPeople, 'firstName')()).rows[0].customer
const ids = whole.rows.map(({ conversation }) => conversation.id)
const words = (...texts) => () => ({ search: dice.pick(texts) })

const cases = {
  'conversations, 10': inbox({}, 10),
  'conversations, 10, again (null pair)': inbox({}, 10),
  'conversations, 100': inbox({}, 100),
  'conversations, 100, by title': inbox({}, 100, 0, 'title'),
  'conversations, 10, closed': inbox({ status: 'closed' }, 10),
  'conversations, 10, unanswered of priority 4': inbox({ unanswered: true, priority: 4 }, 10),
  'conversations, 10, with the tag VIP': inbox({ tags: ['VIP'] }, 10),
  'conversations, 100, with the tag VIP': inbox({ tags: ['VIP'] }, 100),
  'conversations, 100, the last page by number': inbox({}, 100, last),
  'conversations, 100, the middle by number, by title': inbox({}, 100, middle, 'title'),
  'conversations, 100, the middle beside a row, by title': inbox({}, 100, 0, 'title', { following: { key: title.title, id: title.id } }),
  'customers, 10': people({}, 10),
  'customers, 100': people({}, 100),
  'customers, 10, with the tag VIP': people({ tags: ['VIP'] }, 10),
  'customers, 10, the middle by number, by first name': people({}, 10, middleOfPeople, 'firstName'),
  'customers, 10, the middle beside a row, by first name': people({}, 10, 0, 'firstName', { following: { key: person.firstName, id: String(person.id) } }),
  'search, a number few hold': inbox(() => ({ search: `SP-${10_000 + dice.below(90_000)}` }), 10),
  'search, a word many hold': inbox(words('courier', 'refund', 'invoice', 'chocolate', 'سفارش'), 10),
  'search, a name': inbox(words('negar', 'amirj', 'Nina', 'حسینی'), 10),
  'search, what nobody says': inbox(words('zanzibar', 'qwertzuiop'), 10),
  'search, two letters that many hold': inbox(words('th', 'is', 'ou'), 10),
  'search, two letters that few hold': inbox(words('zq', 'qx', 'xj'), 10),
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
const text = (ms) => ms.toFixed(ms < 10 ? 2 : 0)
const row = (name, times) => {
  const sorted = times.toSorted((a, b) => a - b)
  console.log(`| ${name} | ${times.length} | ${text(at(sorted, 0.5))} | ${text(at(sorted, 0.99))} |`)
}
const timed = async (ask) => {
  const startedAt = performance.now()
  await ask()
  return performance.now() - startedAt
}

console.log(`${process.version}, ${os.cpus()[0]?.model ?? 'unknown processor'}, ${os.cpus().length} processors, SQLite ${(await engine.read('lists', 'select sqlite_version() as v'))[0].v}`)
console.log(`size ${size}: ${whole.total} conversations, file of ${((await stat(path)).size / 2 ** 20).toFixed(0)} MiB\n`)
console.log('| page | asked | p50 ms | p99 ms |\n|---|---|---|---|')
for (const [name, ask] of Object.entries(cases)) {
  for (let warm = 0; warm < 3; warm++) await ask()
  const times = []
  const until = performance.now() + caseMs
  while (times.length < samples && performance.now() < until) times.push(await timed(ask))
  row(name, times)
}

let sent = 0
const send = () =>
  store.send({ workspace: '1', conversation: ids[sent % ids.length], type: 'support', author: '1', key: undefined, content: `On its way, number ${sent++}`, after: undefined, at: Date.now() })
const find = () => users.find(String(1 + dice.below(4)), Date.now() + 60_000)

/** Look-ups and sends at a steady pace, while as many `askers` ask for page after page as are wanted. */
const beside = async (name, pages, wanted) => {
  const until = performance.now() + loadMs
  const times = { find: [], send: [] }
  let asked = 0
  const paced = async (ask, into, pauseMs) => {
    while (performance.now() < until) {
      into.push(await timed(ask))
      await sleep(pauseMs)
    }
  }
  const asker = async (from) => {
    for (let turn = from; performance.now() < until; turn++, asked++) await pages[turn % pages.length]()
  }
  await Promise.all([paced(find, times.find, 2), paced(send, times.send, 5), ...Array.from({ length: wanted }, (_, index) => asker(index))])
  row(`user look-up, ${name}`, times.find)
  row(`send, ${name}`, times.send)
  if (wanted > 0) console.log(`| (pages answered meanwhile, ${name}) | ${asked} | | |`)
}

const pages = Object.entries(cases)
const lists = pages.filter(([name]) => !name.startsWith('search')).map(([, ask]) => ask)
const searches = pages.filter(([name]) => name.startsWith('search')).map(([, ask]) => ask)
console.log('\n| beside | done | p50 ms | p99 ms |\n|---|---|---|---|')
await beside('calm', lists, 0)
await beside('calm again (null pair)', lists, 0)
await beside(`${askers} askers of lists`, lists, askers)
await beside(`${askers} askers of searches`, searches, askers)
await engine.close()
if (kept === undefined) await rm(folder, { recursive: true, force: true })
