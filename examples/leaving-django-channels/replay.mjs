/**
 * Plays recorded sessions of a chat service against a server and prints what is different.
 *
 *   node replay.mjs recording.json http://127.0.0.1:4400 --token <token>                     the recording and one server
 *   node replay.mjs recording.json http://old:8000 http://new:4400 --token <token>           two servers, the same requests
 *
 * --token may be given twice, for the first and the second server. --case <text> plays only cases whose name holds it, --allow <file> reads
 * differences that are meant ([{case, generation, socket, step, path, reason}], where [*] in a path is any place), --quiet-ms <n> is how long silence lasts (default 150).
 * Ids and times are compared by their place, not by their value. Exit code: 0 equal, 1 different, 2 usage.
 */
import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'

const patienceMs = 10_000

/** Opens one socket as a recorded client did, and gathers what it is told. */
const open = (url, origin) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, origin === null ? {} : { origin })
    const frames = []
    const seen = { frames, closeCode: undefined, status: 101, body: '', lastAt: Date.now() }
    socket.on('message', (data) => {
      seen.lastAt = Date.now()
      frames.push(JSON.parse(String(data)))
    })
    socket.on('open', () => resolve({ socket, seen }))
    socket.on('close', (code) => {
      seen.closeCode = code
    })
    socket.on('unexpected-response', (request, response) => {
      response.on('data', (part) => {
        seen.body += part
      })
      response.on('end', () => resolve({ socket: undefined, seen: { ...seen, status: response.statusCode } }))
      response.on('error', reject)
    })
    socket.on('error', reject)
  })

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits for as many frames as were recorded, then until it has been quiet. */
const settled = async (seen, count, quietMs) => {
  const until = Date.now() + patienceMs
  while (seen.frames.length < count && seen.closeCode === undefined && Date.now() < until) await pause(5)
  const from = Date.now()
  while (Date.now() - Math.max(from, seen.lastAt) < quietMs) await pause(5)
}

/** Plays one recorded case; the answer has the shape of the recording. */
export const play = async (recorded, server, { token = '', quietMs = 150 } = {}) => {
  const first = recorded.generation === 'v1' ? '&v=1' : ''
  const path = recorded.path.includes('?') ? recorded.path + first : `${recorded.path}?${first.slice(1)}`
  const url = server.replace(/^http/, 'ws').replace(/\/$/, '') + path.replace('<valid>', encodeURIComponent(token))
  const { socket, seen } = await open(url, recorded.origin)
  if (socket === undefined) return { handshake: { http_status: seen.status, body: seen.body }, steps: [], close_code: undefined }
  const steps = []
  let before = 0
  for (const { send, receive } of recorded.steps) {
    if (send !== null && seen.closeCode === undefined) socket.send(typeof send === 'string' ? send : JSON.stringify(send))
    await settled(seen, before + receive.length, quietMs)
    steps.push({ send, receive: seen.frames.slice(before) })
    before = seen.frames.length
  }
  const closeCode = seen.closeCode
  socket.close()
  return { handshake: { http_status: 101 }, steps, close_code: closeCode ?? null }
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(Z|\+00:00)$/
const idNames = new Set(['id', 'message_id', 'conversation_id', 'user_id', 'created_by'])

/** Compares two values; ids must stand for each other throughout one case, times only in their form. */
const compare = (left, right, path, name, ids, told) => {
  if (Array.isArray(left) && Array.isArray(right)) {
    if (left.length !== right.length) told(`${path}.length`, left.length, right.length)
    for (let place = 0; place < Math.min(left.length, right.length); place += 1) compare(left[place], right[place], `${path}[${place}]`, name, ids, told)
    return
  }
  if (left !== null && right !== null && typeof left === 'object' && typeof right === 'object' && !Array.isArray(left) && !Array.isArray(right)) {
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) compare(left[key], right[key], `${path}.${key}`, key, ids, told)
    return
  }
  if (idNames.has(name) && typeof left === typeof right && (typeof left === 'string' || typeof left === 'number')) {
    if (!ids.has(left)) ids.set(left, right)
    if (ids.get(left) === right) return
  }
  const [was, is] = [left, right].map((value) => (typeof value === 'string' ? time.exec(value)?.[1] : undefined))
  if (was !== undefined && was === is) return
  if (left !== right) told(path, left, right)
}

/** What is different between a recorded case and one that was played: step, path, and both values. */
export const differences = (recorded, played) => {
  const found = []
  const ids = new Map()
  const at = (step) => (path, was, is) => found.push({ case: recorded.case, generation: recorded.generation, socket: recorded.path.split('?')[0], step, path, was, is })
  compare(recorded.handshake.http_status, played.handshake.http_status, 'http_status', '', ids, at('handshake'))
  if (recorded.handshake.http_status !== 101) compare(recorded.handshake.body, played.handshake.body, 'body', '', ids, at('handshake'))
  for (const [step, { receive }] of recorded.steps.entries()) compare(receive, played.steps[step]?.receive ?? [], 'receive', '', ids, at(step))
  if (recorded.handshake.http_status === 101) compare(recorded.close_code ?? null, played.close_code ?? null, 'close_code', '', ids, at('end'))
  return found
}

/** Whether an entry of the allow-list speaks of a difference. */
export const isMeant = (meant, one) =>
  ['case', 'generation', 'socket', 'step'].every((name) => meant[name] === one[name]) && (meant.path === one.path || meant.path === one.path.replaceAll(/\[\d+\]/g, '[*]'))

const main = async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { token: { type: 'string', multiple: true }, case: { type: 'string' }, allow: { type: 'string' }, 'quiet-ms': { type: 'string' } },
  })
  const [file, old, fresh] = positionals
  if (file === undefined || old === undefined) {
    console.error('usage: node replay.mjs recording.json <server> [<second server>] --token <token> [--case <text>] [--allow <file>] [--quiet-ms <n>]')
    return 2
  }
  const [token = '', secondToken = token] = values.token ?? []
  const quietMs = Number(values['quiet-ms'] ?? 150)
  const { cases } = JSON.parse(await readFile(file, 'utf8'))
  const allowed = values.allow === undefined ? [] : JSON.parse(await readFile(values.allow, 'utf8'))
  const isAllowed = (one) => allowed.some((meant) => isMeant(meant, one))
  let different = 0
  for (const recorded of cases.filter(({ case: name }) => name.includes(values.case ?? ''))) {
    const first = await play(recorded, old, { token, quietMs })
    const found = fresh === undefined ? differences(recorded, first) : differences({ ...recorded, ...first }, await play({ ...recorded, ...first }, fresh, { token: secondToken, quietMs }))
    const unmeant = found.filter((one) => !isAllowed(one))
    console.log(`${unmeant.length === 0 ? 'equal    ' : 'different'} ${recorded.generation} ${recorded.case}`)
    for (const { step, path, was, is } of unmeant) console.log(`  step ${step} ${path}: ${JSON.stringify(was)} is now ${JSON.stringify(is)}`)
    different += unmeant.length
  }
  return different === 0 ? 0 : 1
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = await main()
