import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { served, type Frame, type RealSocket, type Served } from './served.js'

// The server as a front end sees it that holds the whole list itself and knows, from the old service's behaviour, what each filter should leave of it.

type Row = Readonly<Record<string, unknown>>

const field = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined), value)
const rowsOf = (value: unknown, ...path: readonly string[]): readonly Row[] => {
  const rows = field(value, ...path)
  return Array.isArray(rows) ? rows.filter((row): row is Row => typeof row === 'object' && row !== null) : []
}
const idOf = (row: Row): unknown => row['id']
const time = (value: unknown): number => new Date(String(value)).getTime()
const names = (row: unknown, ...path: readonly string[]): readonly unknown[] => rowsOf(row, ...path).map((tag) => tag['name'])

let place: Served
let inbox: RealSocket
let people: RealSocket
let conversations: readonly Row[] = []
let customers: readonly Row[] = []

const list = async (socket: RealSocket, name: 'conversations' | 'customers', filters: unknown): Promise<Frame> => {
  const said = await socket.ask({ type: `filter_${name}`, filters })
  expect(said.map(({ type }) => type), JSON.stringify(filters)).toEqual([`${name}_list`])
  return said[0] ?? {}
}
const idsOf = async (name: 'conversations' | 'customers', filters: Readonly<Record<string, unknown>>): Promise<readonly unknown[]> => {
  const frame = await list(name === 'conversations' ? inbox : people, name, { page_size: 500, ...filters })
  const ids = rowsOf(frame, name).map(idOf)
  expect([frame['count'], frame['page_count'], frame['filters']]).toEqual([ids.length, ids.length, { page_size: 500, ...filters }])
  return ids
}

beforeAll(async () => {
  place = await served({ SALLYPORT_LIMITS_SESSION_FRAMES_MAX: '1000000' })
  inbox = await place.open('/ws/conversations/', '1')
  people = await place.open('/ws/customers/', '1')
  await inbox.until(({ type }) => type === 'conversations_list')
  await people.until(({ type }) => type === 'customers_list')
  conversations = rowsOf(await list(inbox, 'conversations', { page_size: 500 }), 'conversations')
  customers = rowsOf(await list(people, 'customers', { page_size: 500 }), 'customers')
})
afterAll(() => place.stop())

test('C16: the whole list has enough of everything for what follows', () => {
  expect(conversations.length).toBeGreaterThan(50)
  expect(customers.length).toBeGreaterThan(30)
  expect(new Set(conversations.map((row) => row['priority'])).size).toBeGreaterThan(2)
})

describe('conversations', () => {
  const middle = (): string => String(conversations.map((row) => String(row['created_at'])).toSorted()[Math.floor(conversations.length / 2)])
  const cases: readonly (readonly [filters: () => Readonly<Record<string, unknown>>, keeps: (row: Row) => boolean])[] = [
    [() => ({}), () => true],
    [() => ({ status: 'closed' }), (row) => row['status'] === 'closed'],
    [() => ({ status: 'Closed' }), () => false],
    [() => ({ status: 'open' }), () => false],
    [() => ({ source: 'telegram', status: 'all' }), (row) => row['source'] === 'telegram'],
    [() => ({ priority: 2 }), (row) => row['priority'] === 2],
    [() => ({ priority: '2' }), (row) => row['priority'] === 2],
    [() => ({ priority: ' 2 ' }), (row) => row['priority'] === 2],
    [() => ({ priority: 'all' }), () => true],
    [() => ({ priority: 0 }), () => true],
    [() => ({ priority: '0' }), (row) => row['priority'] === 0],
    [() => ({ tags: ['VIP'] }), (row) => names(row, 'customer', 'tag').includes('VIP')],
    [() => ({ tags: ['VIP', 'New', 'nobody'] }), (row) => names(row, 'customer', 'tag').some((name) => name === 'VIP' || name === 'New')],
    [() => ({ tags: [] }), () => true],
    [() => ({ tags: '' }), () => true],
    [() => ({ tags: null, status: null, source: '', search: null, priority: [], date_from: false, order_by: null, unread_only: [] }), () => true],
    [() => ({ tags: {}, status: {}, source: [], search: {}, priority: {}, date_to: {} }), () => true],
    [() => ({ unread_only: true }), (row) => Number(row['unread_count']) > 0],
    [() => ({ unread_only: 'true' }), (row) => Number(row['unread_count']) > 0],
    [() => ({ unread_only: 1 }), (row) => Number(row['unread_count']) > 0],
    [() => ({ unread_only: '1' }), (row) => Number(row['unread_count']) > 0],
    [() => ({ unread_only: 'false' }), () => true],
    [() => ({ unread_only: '0' }), () => true],
    [() => ({ date_from: middle() }), (row) => time(row['created_at']) >= time(middle())],
    [() => ({ date_to: middle() }), (row) => time(row['created_at']) <= time(middle())],
    [() => ({ date_from: middle().slice(0, 10), date_to: middle().slice(0, 10) }), (row) => String(row['created_at']).slice(0, 10) === middle().slice(0, 10)],
    [() => ({ nobody: 'knows', page_number: 3, sort: 'title', Status: 'closed', unread: true }), () => true],
  ]
  test('C16, C17: are narrowed as the old service did, whatever spelling a filter has', async () => {
    for (const [filters, keeps] of cases) expect(await idsOf('conversations', filters()), JSON.stringify(filters())).toEqual(conversations.filter(keeps).map(idOf))
  })

  test.each(['created_at', 'updated_at', 'title', 'status', 'priority'])('C16: are sorted by %s, both ways, with one order of what is equal', async (by) => {
    const up = await idsOf('conversations', { order_by: by })
    const down = await idsOf('conversations', { order_by: `-${by}` })
    expect(down).toEqual(up.toReversed())
    const values = up.map((id) => conversations.find((row) => row['id'] === id)?.[by])
    const compared = values.slice(1).map((value, index) => {
      const before = values[index]
      return typeof value === 'number' ? value - Number(before) : Buffer.compare(Buffer.from(String(value)), Buffer.from(String(before)))
    })
    expect(compared.every((sign) => sign >= 0)).toBe(true)
  })
})

describe('customers', () => {
  const filled = (value: unknown): boolean => value !== null && value !== ''
  const unread = (row: Row): boolean => rowsOf(row, 'conversations').some((of) => Number(of['unread_count']) > 0)
  const active = (row: Row): number => Math.max(...rowsOf(row, 'conversations').map((of) => time(of['updated_at'])))
  const spellings: readonly (readonly [unknown, boolean | undefined])[] = [
    ['true', true], [true, true], [1, true], ['1', true], ['false', false], [false, false], [0, false], ['0', false],
    ['all', undefined], ['TRUE', undefined], ['', undefined], [null, undefined], ['yes', undefined], [2, undefined], [[], undefined], [{}, undefined],
  ]
  test.each(spellings)('C17: each of the three tri-states is understood as %j', async (value, wanted) => {
    const tri = (has: (row: Row) => boolean): unknown[] => customers.filter((row) => wanted === undefined || has(row) === wanted).map(idOf)
    expect(await idsOf('customers', { has_email: value })).toEqual(tri((row) => filled(row['email'])))
    expect(await idsOf('customers', { has_phone: value })).toEqual(tri((row) => filled(row['phone_number'])))
    expect(await idsOf('customers', { has_unread: value })).toEqual(tri(unread))
    expect(await idsOf('customers', { has_email: value, has_phone: 'all', has_unread: 'true' })).toEqual(
      tri((row) => filled(row['email'])).filter((id) => customers.some((row) => row['id'] === id && unread(row))),
    )
  })

  test('C16: are narrowed by everything else alike, with ids and texts in either spelling', async () => {
    const vip = rowsOf(customers.find((row) => names(row, 'tags').includes('VIP')), 'tags').find((tag) => tag['name'] === 'VIP')?.['id']
    const middle = active(customers[Math.floor(customers.length / 2)] ?? {})
    const all: readonly (readonly [Readonly<Record<string, unknown>>, (row: Row) => boolean])[] = [
      [{ source: 'instagram' }, (row) => row['source'] === 'instagram'],
      [{ tags: ['VIP'] }, (row) => names(row, 'tags').includes('VIP')],
      [{ tag_ids: [vip] }, (row) => names(row, 'tags').includes('VIP')],
      [{ tag_ids: [String(vip)] }, (row) => names(row, 'tags').includes('VIP')],
      [{ tag_ids: [vip], tags: ['New'] }, (row) => names(row, 'tags').includes('VIP') && names(row, 'tags').includes('New')],
      [{ tag_ids: [] }, () => true],
      [{ tag_ids: '' }, () => true],
      [{ tag_ids: 0, tags: false, conversation_status: '' }, () => true],
      [{ conversation_status: 'closed' }, (row) => rowsOf(row, 'conversations').some((of) => of['status'] === 'closed')],
      [{ conversation_status: 'all' }, () => true],
      [{ last_activity_from: new Date(middle).toISOString() }, (row) => active(row) >= middle],
      [{ last_activity_to: new Date(middle).toISOString() }, (row) => active(row) <= middle],
      [{ search: 'EMMA' }, (row) => /emma/iu.test(`${String(row['first_name'])} ${String(row['last_name'])} ${String(row['username'])} ${String(row['email'])}`)],
    ]
    for (const [filters, keeps] of all) expect(await idsOf('customers', filters), JSON.stringify(filters)).toEqual(customers.filter(keeps).map(idOf))
  })

  test('C15: a number is searched as its digits, as an input of the type number sends it', async () => {
    const row = customers.find(({ phone_number: phone }) => typeof phone === 'string' && /\d{4,}/u.test(phone))
    const digits = /\d{4,}/u.exec(String(row?.['phone_number']))?.[0] ?? ''
    const wanted = customers.filter((one) => [one['phone_number'], one['username'], one['email']].some((text) => String(text).includes(String(Number(digits))))).map(idOf)
    expect(wanted).toContain(row?.['id'])
    expect(await idsOf('customers', { search: Number(digits) })).toEqual(wanted)
    const [said] = await people.ask({ type: 'search_customers', search_term: Number(digits) })
    expect(rowsOf(said, 'customers').map(idOf)).toEqual(wanted.slice(0, 10))
  })
})

describe('pages', () => {
  const sizes: readonly (readonly [unknown, number])[] = [[7, 7], ['7', 7], [' 7 ', 7], [7.9, 7], [true, 1], ['٧', 7], ['abc', 10], [-3, 10], ['0', 10], [null, 10], [500, 500], ['9999', 500]]
  test.each(sizes)('C16: of the size %j, by page and by offset, are the list cut into pieces of %i', async (asked, size) => {
    const total = conversations.length
    const byPage: unknown[] = []
    const byOffset: unknown[] = []
    for (let page = 1; page <= Math.ceil(total / size) + 1; page += 1) {
      const frame = await list(inbox, 'conversations', { page_size: asked, page: page % 2 === 0 ? String(page) : page })
      byPage.push(...rowsOf(frame, 'conversations').map(idOf))
      const left = Math.max(0, Math.min(size, total - (page - 1) * size))
      expect(frame).toMatchObject({
        count: total, page_count: left,
        pagination: {
          count: total, page_count: left, page_size: size, page, total_pages: Math.ceil(total / size), has_next: page * size < total, has_previous: page > 1,
          offset: (page - 1) * size, limit: size,
        },
      })
      const more = await list(inbox, 'conversations', { limit: asked, offset: page % 2 === 0 ? (page - 1) * size : String((page - 1) * size), page: 'ignored' })
      byOffset.push(...rowsOf(more, 'conversations').map(idOf))
      if (size === 1 && page > 3) break
    }
    const expected = conversations.map(idOf).slice(0, byPage.length)
    expect(byPage).toEqual(expected)
    expect(byOffset).toEqual(expected)
    if (size > 1) expect(byPage).toHaveLength(total)
  })

  test.each([0, -1, 'x', '', null, [], 'NaN'])('C16: the page %j is the first one', async (page) => {
    expect(rowsOf(await list(inbox, 'conversations', { page_size: 3, page }), 'conversations').map(idOf)).toEqual(conversations.slice(0, 3).map(idOf))
  })

  test('C16: of messages are chosen alike, counted from the newest', async () => {
    const longest = String(conversations[0]?.['id'])
    const chat = await place.open(`/ws/chat/${longest}/`, '1')
    const first = await chat.until(({ type }) => type === 'recent_messages')
    const all = rowsOf(first, 'messages').map(idOf)
    for (const [filters, from, to] of [
      [{ page_size: '2', page: '1' }, -2, undefined], [{ limit: 2, offset: '2' }, -4, -2], [{ page_size: 1, page: 3 }, -3, -2], [{ page: 'x', page_size: 2.5 }, -2, undefined],
    ] as const) {
      const [frame] = await chat.ask({ type: 'load_more_messages', filters })
      expect(rowsOf(frame, 'messages').map(idOf), JSON.stringify(filters)).toEqual(all.slice(from, to))
    }
    chat.close()
  })
})

test('C14, C22: what a front end says wrongly is answered in words or not at all, and the socket goes on', async () => {
  const chat = await place.open(`/ws/chat/${String(conversations[0]?.['id'])}/`, '1')
  await chat.until(({ type }) => type === 'recent_messages')
  for (const socket of [inbox, people, chat]) {
    for (const text of ['', 'null', '[]', '5', '"x"', '{', '{"type":"filter_conversations","filters":5}', '{"type":"filter_customers","filters":"x"}']) {
      for (const frame of await socket.ask(text)) expect([frame['type'], typeof frame['error'], frame['error']]).toEqual(['error', 'string', frame['message']])
    }
    for (const silent of [{ type: 'ping' }, { type: 'subscribe' }, { type: 'heartbeat', at: 1 }, { type: 'typing', is_typing: true }]) expect(await socket.ask(silent)).toEqual([])
  }
  chat.close()
})
