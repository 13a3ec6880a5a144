// How many durable sends a second does the embedded store take, beside plain inserts in a worker?
//
//   npm run build && node bench/sends.mjs [seconds, default 1.2] [rounds, default 4]
//
// Everything is on the disk before it counts: WAL and synchronous = FULL on both sides. A plain insert is one row of a table with a primary key;
// a send is checked for its key, numbered, stored with its search text, counted in its conversation and told in the log. Plain inserts are made twice:
// in a commit of their own, and in one commit for all that wait, as the store does it. Rounds alternate, and the second are there twice, as the null pair.
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import Libsql from 'libsql'
import { openSqlite } from '../dist/stores/sqlite/engine.js'
import { migrate } from '../dist/stores/sqlite/migrate.js'
import { createSqliteConversations } from '../dist/stores/sqlite/sqlite-conversations.js'
import { sampleOf } from '../dist/stores/sqlite/testing/small-workspace.js'

const plainWorker = ({ path, grouped }) => {
  const db = new Libsql(path)
  db.exec('pragma journal_mode = wal; pragma synchronous = full')
  db.exec('create table messages (id text primary key, conversation text not null, content text not null, created_at integer not null) strict')
  const insert = db.prepare('insert into messages (id, conversation, content, created_at) values (?, ?, ?, ?)')
  parentPort.on('message', (rows) => {
    if (rows === 'close') {
      db.close()
      parentPort.close()
      return
    }
    if (grouped) db.exec('begin immediate')
    for (const { id, conversation, content, at } of rows) insert.run([id, conversation, content, BigInt(at)])
    if (grouped) db.exec('commit')
    parentPort.postMessage(rows.length)
  })
  parentPort.postMessage('ready')
}

/** One batch under way; everything that was asked meanwhile is the next. */
const plainStore = async (path, grouped) => {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { path, grouped } })
  await new Promise((resolve) => worker.once('message', resolve))
  let waiting = []
  let underWay = []
  const pump = () => {
    if (underWay.length > 0 || waiting.length === 0) return
    underWay = waiting
    waiting = []
    worker.postMessage(underWay.map(({ row }) => row))
  }
  worker.on('message', () => {
    const done = underWay
    underWay = []
    for (const { resolve } of done) resolve()
    setImmediate(pump)
  })
  return {
    send: (row) =>
      new Promise((resolve) => {
        waiting.push({ row, resolve })
        setImmediate(pump)
      }),
    close: () =>
      new Promise((resolve) => {
        worker.once('exit', resolve)
        worker.postMessage('close')
      }),
  }
}

const conversations = 200

const ourStore = async (path) => {
  const engine = await openSqlite({ path, deadlineMs: 30_000 })
  await migrate(engine)
  const store = createSqliteConversations(engine)
  await store.importWorkspace(sampleOf('1', conversations))
  return {
    async send({ id, conversation, content, at }) {
      const sent = await store.send({ workspace: '1', conversation, type: 'support', author: 'u1', key: id, after: undefined, content, marks: [], at })
      if (sent.outcome !== 'stored') throw new Error(`A send was ${sent.outcome}`)
    },
    close: () => engine.close(),
  }
}

const main = async () => {
  const seconds = Number(process.argv[2] ?? 1.2)
  const rounds = Number(process.argv[3] ?? 4)
  const folder = await mkdtemp(join(os.tmpdir(), 'sallyport-sends-'))
  const stores = {
    'plain, a commit each': await plainStore(join(folder, 'each.db'), false),
    'plain, grouped': await plainStore(join(folder, 'grouped.db'), true),
    'plain, grouped, again': await plainStore(join(folder, 'again.db'), true),
    'the embedded store': await ourStore(join(folder, 'ours.db')),
  }
  let count = 0
  const text = 'Thank you, the parcel has arrived; the lamp is whole and shines. '.repeat(2)
  const rate = async (store, inFlight) => {
    const startedAt = performance.now()
    const endsAt = startedAt + seconds * 1_000
    let done = 0
    const sender = async () => {
      while (performance.now() < endsAt) {
        count += 1
        await store.send({ id: `k${String(count)}`, conversation: `c${String(count % conversations)}`, content: text, at: Date.now() })
        done += 1
      }
    }
    await Promise.all(Array.from({ length: inFlight }, sender))
    return (done * 1_000) / (performance.now() - startedAt)
  }
  const summary = (values, digits) => {
    const sorted = values.toSorted((a, b) => a - b)
    return [sorted[0], sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)].map((value) => value.toFixed(digits)).join(' / ')
  }
  console.log(`${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} cores, Node ${process.version}, ${rounds} rounds of ${seconds} s, file in ${os.tmpdir()}`)
  console.log('durable sends a second (min / median / max), ratio to plain grouped inserts of the same round (min / median / max)')
  for (const inFlight of [1, 64, 512]) {
    const rates = Object.fromEntries(Object.keys(stores).map((name) => [name, []]))
    for (let round = -1; round < rounds; round += 1) {
      for (const [name, store] of Object.entries(stores)) {
        const measured = await rate(store, inFlight)
        // The first round warms the code up.
        if (round >= 0) rates[name].push(measured)
      }
    }
    for (const [name, values] of Object.entries(rates)) {
      const ratios = values.map((value, round) => value / rates['plain, grouped'][round])
      console.log(`${String(inFlight).padStart(4)} waiting, ${name.padEnd(22)} ${summary(values, 0).padEnd(24)} ${summary(ratios, 2)}`)
    }
  }
  for (const store of Object.values(stores)) await store.close()
  await rm(folder, { recursive: true })
}

if (isMainThread) await main()
else plainWorker(workerData)
