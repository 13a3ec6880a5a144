import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { canonicalSubject } from '../../dist/admission/ban-subject.js'
import { isId } from '../../dist/admission/token/claim-shapes.js'
import { containing, freePort, jsonOf, matching, sallyport, startServer, type Folder } from './sallyport.js'

let places: string[] = []
let folder: Folder = { cwd: '' }

/** A folder with an empty database and no server. */
const makeFolder = async (): Promise<Folder> => {
  const cwd = await mkdtemp(join(tmpdir(), 'sallyport-bans-'))
  places.push(cwd)
  const made = { cwd, env: { SALLYPORT_INTERNAL_PORT: String(await freePort()), SALLYPORT_LOG_LEVEL: 'error' } }
  expect(await sallyport(['db', 'migrate'], made)).toMatchObject({ code: 0 })
  return made
}

beforeEach(async () => {
  folder = await makeFolder()
})
afterEach(async () => {
  await Promise.all(places.map((place) => rm(place, { recursive: true, force: true })))
  places = []
})

const byte = fc.integer({ min: 0, max: 255 })
const network = fc.oneof(
  fc.tuple(byte, byte, fc.integer({ min: 16, max: 32 })).map(([c, d, prefix]) => `198.51.${c}.${d}/${prefix}`),
  fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 32, max: 128 })).map(([group, prefix]) => `2001:db8:${group.toString(16)}::1/${prefix}`),
)
const printable = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
const line = fc.record({
  subject: fc.oneof(
    network.map((text) => ({ kind: 'network' as const, network: text })),
    printable.filter((text) => text.length <= 128 && isId(text)).map((userId) => ({ kind: 'user' as const, userId })),
  ),
  reason: fc.string({ maxLength: 40, unit: 'grapheme' }),
  expiresAt: fc.option(fc.integer({ min: Date.now() + 3_600_000, max: 8_640_000_000_000_000 })),
})

test('[B10] what is exported and imported elsewhere is exported there as it was, byte for byte', async () => {
  const [sampled = []] = fc.sample(fc.array(line, { minLength: 3_000, maxLength: 3_000, size: 'max' }), 1)
  // JSON may hold U+2028 as it is, and it ends no line.
  const lines = [...sampled, { subject: { kind: 'user' as const, userId: '7' }, reason: 'a\u2028b\nc', expiresAt: null }]
  const text = lines
    .map(({ subject: given, ...rest }) => {
      const subject = canonicalSubject(given)
      return JSON.stringify(subject.kind === 'user' ? { userId: subject.userId, ...rest } : { network: subject.network, ...rest })
    })
    .join('\n')
  const distinct = new Set(text.split('\n'))
  expect(await sallyport(['--json', 'ban', 'import', '-'], folder, text)).toMatchObject({ code: 0, stdout: containing(`"added":${distinct.size},`) })
  const exported = await sallyport(['ban', 'export'], folder)
  expect(exported.stdout).toBe(`${[...distinct].join('\n')}\n`)

  const elsewhere = await makeFolder()
  await writeFile(join(elsewhere.cwd, 'bans.ndjson'), exported.stdout)
  expect(await sallyport(['ban', 'import', 'bans.ndjson'], elsewhere)).toMatchObject({ code: 0 })
  expect((await sallyport(['ban', 'export'], elsewhere)).stdout).toBe(exported.stdout)
  expect((await sallyport(['--json', 'ban', 'import', 'bans.ndjson'], elsewhere)).stdout).toContain(`"added":0,"unchanged":${distinct.size},`)
})

test('[B10] a running server takes a list in parts, closes whom it bans, names what it leaves out, and gives it back plain', async () => {
  const server = await startServer(['dev', '--port', '0'], folder)
  try {
    const addresses = Array.from({ length: 3_000 }, (_, index) => `198.51.${index >> 8}.${index & 255}`)
    await writeFile(join(folder.cwd, 'list.txt'), ['# scanners', ...addresses, '127.0.0.1', 'nonsense', '10.0.0.0/8', '203.0.113.0/24 ; a range'].join('\n'))
    const imported = await sallyport(['--json', 'ban', 'import', 'list.txt', '--forever', '--reason', 'scan'], folder)
    expect(imported.code).toBe(4)
    expect(jsonOf(imported.stdout)).toEqual({ added: 3_001, unchanged: 0, ended: 0, refused: 2, bad: 1, sockets: 0 })
    expect(imported.stderr.trim().split('\n').toSorted()).toEqual([
      'line 3002: 127.0.0.1: not banned, as it holds addresses of this machine itself; add --force when it is meant',
      'line 3003: nonsense: must be an address or a CIDR range',
      'line 3004: 10.0.0.0/8: not banned, as it is wider than a /16 of IPv4 or a /32 of IPv6; add --force when it is meant',
    ])
    const plain = await sallyport(['--quiet', 'ban', 'export', '--plain'], folder)
    expect(plain).toEqual({ code: 0, stdout: `${[...addresses, '203.0.113.0/24'].join('\n')}\n`, stderr: '' })
    const asked = await sallyport(['--json', 'explain', '--path', '/ws/', '--ip', '198.51.3.7'], folder)
    expect(jsonOf(asked.stdout)).toMatchObject({ reason: 'address_banned' })
    expect((await sallyport(['ban', 'list'], folder)).stdout.trim().split('\n')).toHaveLength(3_001)
  } finally {
    server.signal('SIGTERM')
    await server.ended
  }
  // The database keeps them, and a network that is banned twice is one line of a firewall's list.
  const again = JSON.stringify({ network: '198.51.3.7', reason: 'once more', expiresAt: Date.now() + 3_600_000 })
  expect(await sallyport(['--json', 'ban', 'import', '-'], folder, again)).toMatchObject({ stdout: containing('"added":1,') })
  const kept = await sallyport(['--quiet', 'ban', 'export', '--plain'], folder)
  expect(kept.stdout.match(/^198\.51\.3\.7$/gm)).toHaveLength(1)
  expect((await sallyport(['--quiet', 'ban', 'export'], folder)).stdout.match(/"198\.51\.3\.7"/g)).toHaveLength(2)
})

test('bans that are over are left out, and a file that is not there, or a folder, is a usage error', async () => {
  const over = JSON.stringify({ network: '203.0.113.7', expiresAt: 1 })
  expect(await sallyport(['ban', 'import', '-'], folder, over)).toMatchObject({ code: 0, stdout: matching(/^0 banned, 0 known, 1 over,/) })
  expect(await sallyport(['ban', 'import', 'nowhere.txt'], folder)).toMatchObject({ code: 2, stdout: '', stderr: matching(/^Cannot read nowhere.txt/) })
  for (const command of [['ban', 'import'], ['replay'], ['token', 'check'], ['user', 'password', '1']])
    expect(await sallyport([...command, '.'], folder)).toMatchObject({ code: 2, stdout: '', stderr: 'Cannot read .: name a file that is there, or - for stdin.\n' })
})
