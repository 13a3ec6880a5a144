// What do 500 users who talk notice while a server is attacked in all ways at once, and what is left of it when that is over?
//
//   npm run build && node bench/everything.mjs [seconds of attack, default 300]
//
// `serve` with its embedded store and default limits, its log to a file, in a process of its own. 500 users from one address say something every three
// seconds and wait for its echo, which comes when it is stored; one more connects and leaves five times a second. First calm, then beside, all at once:
//   bombs      deflated frames of 90 MiB of zeros, from users of their own (the server speaks no deflate)
//   fragments  50 sockets that send 16,000 empty fragments each, every five seconds
//   slow       5,000 connections: mute, with half a header, or with a byte of it each half second
//   tokens     500 costly tokens at once every five seconds: PBES2 with a billion rounds, 12,000 bytes, 4,000 levels deep
//   flood      2,000 connects a second from one address without a token
// Each attack has an address of its own, another one in each run, as the kernel remembers closed connections for a minute. All share the cores of the machine: the attackers get what
// nobody else wants of them (Linux `chrt --idle`), as if they were on other machines, and the talkers have priority when run as root. Before the calm spells 12,000 are refused
// without a token: what a server learns and remembers of any flood, up to bounds of its own, is there before memory is compared.
import { execFile, fork, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, open as openFile, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { deflateRaw } from 'node:zlib'
import { WebSocket } from 'ws'
import { sampleWorkspace } from '../dist/server/seed/sample-workspace.js'
import { openSqlite } from '../dist/stores/sqlite/engine.js'
import { migrate } from '../dist/stores/sqlite/migrate.js'
import { createSqliteConversations } from '../dist/stores/sqlite/sqlite-conversations.js'

const talkers = 500
const hostile = 20
const everyMs = 3_000
const secret = 'bench-secret-'.padEnd(64, 'x7Qp')

const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const signed = (payload) => {
  const body = `${part({ alg: 'HS512', typ: 'JWT' })}.${part(payload)}`
  return `${body}.${createHmac('sha512', secret).update(body).digest('base64url')}`
}
const claims = (userId) => ({ sub: userId, iat: Math.floor(Date.now() / 1_000), exp: Math.floor(Date.now() / 1_000) + 7_200 })
const tokenOf = (userId) => signed(claims(userId))
const quantile = (values, share) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN

// Talkers: a process of their own.
const talk = async (port, conversations) => {
  const told = { times: [], connects: [], acknowledged: [], dropped: [], refused: {} }
  const open = (user) => new WebSocket(`ws://127.0.0.1:${port}/ws/chat/${conversations[user % conversations.length]}/?token=${tokenOf(String(user + 1))}`, { perMessageDeflate: false })
  let number = 0
  for (let user = 0; user < talkers; user += 1) {
    const ws = open(user)
    const waiting = new Map()
    const hear = (data) => {
      const content = JSON.parse(String(data)).message?.content
      if (!waiting.has(content)) return
      told.times.push(performance.now() - waiting.get(content))
      told.acknowledged.push(content)
      waiting.delete(content)
    }
    ws.on('message', hear)
    ws.on('close', (code, reason) => told.dropped.push(`${code} ${reason.toString()}`))
    ws.on('error', (error) => told.dropped.push(error.message))
    await once(ws, 'open')
    setTimeout(() => {
      setInterval(() => {
        const content = `word ${String((number += 1))} of ${String(user)}`
        waiting.set(content, performance.now())
        ws.send(JSON.stringify({ type: 'chat_message', content }))
      }, everyMs)
    }, (user * everyMs) / talkers)
  }
  let comer = 0
  setInterval(() => {
    const startedAt = performance.now()
    const ws = open(comer++ % talkers)
    ws.on('open', () => {
      told.connects.push(performance.now() - startedAt)
      ws.close()
    })
    ws.on('error', ({ message }) => (told.refused[message] = (told.refused[message] ?? 0) + 1))
  }, 200)
  const own = monitorEventLoopDelay({ resolution: 1 })
  own.enable()
  process.on('message', () => {
    process.send({ ...told, dropped: [...told.dropped], own: own.percentile(99) / 1e6 - 1 })
    own.reset()
    told.times = []
    told.connects = []
    told.refused = {}
  })
  process.send('talking')
}

// Attackers: a process for the flood and one for all others.
const masked = (first, payload, length = payload.length) => {
  const head = length < 126 ? Buffer.from([first, 0x80 | length, 0, 0, 0, 0]) : Buffer.alloc(14)
  if (length >= 126) {
    head[0] = first
    head[1] = 0xff
    head.writeBigUInt64BE(BigInt(length), 2)
  }
  return Buffer.concat([head, payload])
}
const attack = async (port, conversation, kinds, subnet) => {
  const seen = {}
  const note = (kind, what) => {
    seen[kind] ??= {}
    seen[kind][what] = (seen[kind][what] ?? 0) + 1
  }
  let over = false
  const sockets = new Set()
  /** Sends, waits for the end, and notes what was answered. */
  const strike = (kind, from, write, then = () => undefined) => {
    if (over) return
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: `127.${subnet}.0.${from}` }, () => write(socket))
    sockets.add(socket)
    let heard = Buffer.alloc(0)
    socket.on('data', (data) => {
      if (heard.length < 4_000) heard = Buffer.concat([heard, data])
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      const status = heard.toString('latin1', 9, 12)
      // A close frame is the last thing that an open socket is told.
      const close = heard.lastIndexOf(0x88)
      note(kind, status === '101' && close > 0 ? `101, then ${heard.readUInt16BE(close + 2)}` : status || 'dropped')
      then()
    })
  }
  const handshake = (token, path = '/ws/') => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${token === undefined ? '' : `Authorization: Bearer ${token}\r\n`}\r\n`

  const flood = () => {
    let flying = 0
    let debt = 0
    let last = performance.now()
    setInterval(() => {
      debt = Math.min(400, debt + (performance.now() - last) * 2)
      last = performance.now()
      for (; debt >= 1 && flying < 1_000; debt -= 1) {
        flying += 1
        strike('flood', 2, (socket) => socket.write(handshake(undefined)), () => (flying -= 1))
      }
    }, 10)
  }

  const warm = async () => {
    for (let done = 0; done < 12_000; done += 64) {
      await Promise.all(Array.from({ length: 64 }, () => new Promise((resolve) => strike('warm', 7, (socket) => socket.write(handshake(undefined)), resolve))))
    }
  }

  const all = async () => {
    const tokens = Array.from({ length: hostile }, (_, index) => tokenOf(String(talkers + 1 + index)))
    let turn = 0
    const inside = () => handshake(tokens[turn++ % hostile], `/ws/chat/${conversation}/`)

    const bomb = masked(0xc1, await promisify(deflateRaw)(Buffer.alloc(90 * 2 ** 20)))
    setInterval(() => strike('bombs', 5, (socket) => socket.write(Buffer.concat([Buffer.from(inside()), bomb]))), 250)

    const fragments = Buffer.concat([masked(0x01, Buffer.alloc(0)), ...Array.from({ length: 16_000 }, () => masked(0x00, Buffer.alloc(0)))])
    const fragment = () => {
      for (let index = 0; index < 50; index += 1) strike('fragments', 6, (socket) => socket.write(Buffer.concat([Buffer.from(inside()), fragments])))
    }
    fragment()
    setInterval(fragment, 5_000)

    const half = handshake('x'.repeat(100)).slice(0, 120)
    const slow = (index) =>
      strike('slow', 3, (socket) => {
        if (index % 3 === 1) socket.write(half)
        if (index % 3 !== 2) return
        let sent = 0
        const drip = setInterval(() => socket.write(half[sent++ % half.length]), 500)
        socket.on('close', () => clearInterval(drip))
      }, () => setTimeout(() => slow(index), 100))
    for (let index = 0; index < 5_000; index += 1) setTimeout(() => slow(index), index / 2)

    const costly = [
      'eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJwMmMiOjk5OTk5OTk5OSwicDJzIjoiQUFBQSIsImVuYyI6IkExMjhHQ00ifQ.AA.AA.AA.AA',
      signed({ ...claims('1'), pad: 'A'.repeat(9_000) }),
      signed(`{"sub":"1","x":${'['.repeat(4_000)}${']'.repeat(4_000)}}`),
    ]
    const ask = () => {
      for (let index = 0; index < 500; index += 1) strike('tokens', 4, (socket) => socket.write(handshake(costly[index % 3])))
    }
    ask()
    setInterval(ask, 5_000)
  }

  await { warm, flood, 'all others': all }[kinds]()
  process.on('message', () => {
    over = true
    for (const socket of sockets) socket.destroy()
    process.send(seen)
  })
  process.send('attacking')
}

const probe = `
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { writeFileSync } from 'node:fs'
const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()
process.on('SIGUSR2', () => {
  const over = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - 10)
  writeFileSync('probe.json', JSON.stringify({ p50: over(delay.percentile(50)), p99: over(delay.percentile(99)), max: over(delay.max) }))
  delay.reset()
})`

const ask = async (child, question) => {
  child.send(question)
  const [answer] = await once(child, 'message')
  return answer
}
const self = fileURLToPath(import.meta.url)
/** Everybody who was started, so that nobody stays when a run fails. */
const children = []
const begin = async (role, ...words) => {
  const child = fork(self, [role, ...words])
  children.push(child)
  const ready = once(child, 'message')
  if (role === 'attack') {
    await promisify(execFile)('chrt', ['--all-tasks', '--idle', '--pid', '0', String(child.pid)]).catch(() => console.log('no chrt here: the attackers take their share of the cores'))
  }
  await ready
  return child
}

const main = async (seconds) => {
  const cwd = await mkdtemp(join(os.tmpdir(), 'sallyport-bench-'))
  try {
    const members = Array.from({ length: talkers + hostile }, (_, index) => ({ userId: String(index + 1), email: `agent${index + 1}@example.com`, username: `agent${index + 1}`, firstName: 'Agent', lastName: String(index + 1), role: 'agent', active: true }))
    const sample = sampleWorkspace({ id: '1', name: 'Bench', members, customers: talkers, conversations: talkers, at: Date.now() })
    const engine = await openSqlite({ path: join(cwd, 'everything.db'), deadlineMs: 120_000 })
    await migrate(engine)
    await createSqliteConversations(engine).importWorkspace(sample)
    await engine.close()
    await writeFile(join(cwd, 'probe.mjs'), probe)
    await writeFile(join(cwd, 'conversations.json'), JSON.stringify(sample.conversations.map(({ id }) => id)))

    const outputs = await Promise.all(['server.log', 'server.err'].map((name) => openFile(join(cwd, name), 'w')))
    const server = spawn(process.execPath, ['--import', join(cwd, 'probe.mjs'), fileURLToPath(new URL('../dist/cli/main.js', import.meta.url)), 'serve'], {
      cwd,
      stdio: ['ignore', ...outputs.map(({ fd }) => fd)],
      env: { ...process.env, SALLYPORT_STORAGE_URL: 'file:everything.db', SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_REFUSALS: 'http', SALLYPORT_LISTEN_PORT: '0', SALLYPORT_INTERNAL_PORT: '0' },
    })
    children.push(server)
    let port
    for (let tries = 0; port === undefined; tries += 1) {
      if (server.exitCode !== null || tries > 600) throw new Error(`The server did not come up: ${await readFile(join(cwd, 'server.err'), 'utf8')}`)
      await sleep(50)
      port = /production on http:\/\/127\.0\.0\.1:(\d+)/.exec(await readFile(join(cwd, 'server.log'), 'utf8'))?.[1]
    }
    await sleep(1_000)
    const loop = async () => {
      await rm(join(cwd, 'probe.json'), { force: true })
      server.kill('SIGUSR2')
      for (;;) {
        await sleep(20)
        const text = await readFile(join(cwd, 'probe.json'), 'utf8').catch(() => '')
        if (text.endsWith('}')) return JSON.parse(text)
      }
    }
    const vitals = async () => ({
      rss: Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1_024,
      descriptors: (await readdir(`/proc/${server.pid}/fd`)).length,
    })
    const talking = await begin('talk', port, join(cwd, 'conversations.json'))
    try {
      os.setPriority(talking.pid, -10)
    } catch {
      console.log('no priority for the talkers: that takes root')
    }
    let attacking = []
    /** Hundredths of a second of processor time: of everything, and of each process of this bench that is there. */
    const spent = async () => {
      const times = (await readFile('/proc/stat', 'utf8')).split('\n')[0].split(/ +/).slice(1).map(Number)
      const ours = [process, server, talking, ...attacking].map(async ({ pid }) => {
        const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ')
        return [pid, Number(fields[11]) + Number(fields[12])]
      })
      return { all: times[0] + times[1] + times[2] + times[5] + times[6], ours: new Map(await Promise.all(ours)) }
    }
    const phase = async (name, forSeconds, work = async () => undefined) => {
      await ask(talking, 'begin')
      await loop()
      await work()
      const started = Date.now()
      const spentBefore = await spent()
      let highest = 0
      while (Date.now() - started < forSeconds * 1_000) {
        await sleep(500)
        highest = Math.max(highest, (await vitals()).rss)
      }
      const spentAfter = await spent()
      let others = spentAfter.all - spentBefore.all
      for (const [pid, ticks] of spentAfter.ours) others -= ticks - (spentBefore.ours.get(pid) ?? 0)
      return { name, highest, others: others / 100, loop: await loop(), ...(await ask(talking, 'told')) }
    }
    const subnet = String(1 + Math.floor(Math.random() * 250))
    const warming = await begin('attack', port, join(cwd, 'conversations.json'), 'warm', subnet)
    warming.kill()
    await sleep(everyMs + 7_000)
    const rows = [await phase('calm', Math.max(15, seconds / 10)), await phase('calm again (null pair)', Math.max(15, seconds / 10))]
    const before = await vitals()
    rows.push(await phase('everything at once', seconds, async () => {
      attacking = await Promise.all(['flood', 'all others'].map((kinds) => begin('attack', port, join(cwd, 'conversations.json'), kinds, subnet)))
    }))
    const seen = Object.assign({}, ...(await Promise.all(attacking.map((child) => ask(child, 'stop')))))
    for (const child of attacking) child.kill()
    attacking = []
    rows.push(await phase('ten seconds after', 10))
    const after = await vitals()
    talking.kill()
    const ended = once(server, 'exit')
    server.kill('SIGTERM')
    const [code] = await ended
    const reading = await openSqlite({ path: join(cwd, 'everything.db') })
    const stored = new Set((await reading.read('lists', "select content from messages where content like 'word %'")).map(({ content }) => content))
    await reading.close()
    for (const output of outputs) await output.close()
    const { acknowledged, dropped } = rows.at(-1)
    const lost = acknowledged.filter((content) => !stored.has(content)).length

    const ms = (value) => value.toFixed(value < 10 ? 1 : 0)
    console.log(`${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} cores, Node ${process.version}, load ${os.loadavg()[0]?.toFixed(1)}, ${seconds} s of attack`)
    console.log('| while | messages | p50 / p99 / max ms | connects | p50 / p99 ms | refused | loop delay p50 / p99 / max ms | highest RSS MiB | p99 of the talkers\' own loop ms | processor time of other programs s |\n|---|---|---|---|---|---|---|---|---|---|')
    for (const { name, times, connects, refused, loop: late, highest, own, others } of rows) {
      console.log(`| ${name} | ${times.length} | ${[0.5, 0.99, 1].map((share) => ms(quantile(times, share))).join(' / ')} | ${connects.length} | ${[0.5, 0.99].map((share) => ms(quantile(connects, share))).join(' / ')} | ${JSON.stringify(refused)} | ${ms(late.p50)} / ${ms(late.p99)} / ${ms(late.max)} | ${highest.toFixed(0)} | ${ms(own)} | ${others.toFixed(1)} |`)
    }
    for (const [kind, answers] of Object.entries(seen)) console.log(`${kind}: ${Object.entries(answers).map(([what, count]) => `${count} times ${what}`).join(', ')}`)
    console.log(`RSS ${before.rss.toFixed(0)} MiB before, ${after.rss.toFixed(0)} ten seconds after; descriptors ${before.descriptors}, ${after.descriptors}; talkers dropped ${dropped.length} ${[...new Set(dropped)].slice(0, 3).join('; ')}`)
    console.log(`${acknowledged.length} messages acknowledged, ${lost} of them lost; the server ended with ${code}; log ${((await readFile(join(cwd, 'server.log'))).length / 2 ** 20).toFixed(1)} MiB`)
  } finally {
    for (const child of children) child.kill()
    await rm(cwd, { recursive: true, force: true })
  }
}

const [, , role, ...words] = process.argv
if (role === 'talk') await talk(words[0], JSON.parse(await readFile(words[1], 'utf8')))
else if (role === 'attack') await attack(words[0], JSON.parse(await readFile(words[1], 'utf8'))[0], words[2], words[3])
else await main(Number(role ?? 300))
