import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { at, rowsAt } from '../dialects/stage.js'
import { nextWhere } from '../failure/workspace.js'
import { bearer, modernBearer, opened, type Knocked } from './knock.js'
import { printedTokens, serve, temporaryFolder, type Serving } from './run-cli.js'

const page = 'https://app.example'
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let server: Serving
/** Of an owner, an admin and an agent of the first workspace. */
let [owner, admin, agent] = ['', '', '']
/** Of the owner of another workspace. */
let stranger = ''

beforeAll(async () => {
  folder = await temporaryFolder()
  server = await serve(['dev'], folder.cwd, { SALLYPORT_ORIGINS: page, SALLYPORT_LOG_LEVEL: 'info' })
  ;[owner = '', admin = '', agent = ''] = printedTokens(server)
  stranger = (await server.run(['token', 'mint', '--user', '5'])).stdout.trim()
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

const call = async (method: string, path: string, token: string | undefined, body?: unknown) => {
  const answer = await fetch(`${server.publicUrl}/api/v1/${path}`, {
    method,
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  const value: unknown = text === '' ? undefined : JSON.parse(text)
  return { status: answer.status, value }
}

const until = (socket: Knocked, type: string) => nextWhere(socket, (frame) => frame['type'] === type)

const list = async (name: 'conversations' | 'customers', token = owner): Promise<{ readonly socket: Knocked; readonly rows: readonly unknown[] }> => {
  const socket = await opened(`${server.socketUrl}/ws/${name}/`, bearer(token))
  const frame = await until(socket, `${name}_list`)
  return { socket, rows: rowsAt(frame, name) }
}

const chat = async (conversation: string): Promise<Knocked> => {
  const socket = await opened(`${server.socketUrl}/ws/chat/${conversation}/`, bearer(agent))
  await until(socket, 'recent_messages')
  return socket
}

const conversationIds = async (): Promise<readonly string[]> => {
  const { socket, rows } = await list('conversations')
  await socket.close()
  return rows.map((row) => String(at(row, 'id')))
}

test('[U1] nobody without a good token, and nothing of another workspace', async () => {
  const [conversation = ''] = await conversationIds()
  for (const path of [`conversations/${conversation}`, 'customers/1']) {
    expect(await call('DELETE', path, undefined)).toMatchObject({ status: 401, value: { code: 'token_missing' } })
    expect(await call('DELETE', path, 'eyJhbGciOiJub25lIn0.e30.')).toMatchObject({ status: 401, value: { code: 'token_invalid' } })
  }
  await expect.poll(server.stdout).toMatch(/api_refused reason=token_invalid/)
  const theirs = await list('customers', stranger)
  await theirs.socket.close()
  const [row] = theirs.rows
  for (const path of [`customers/${String(at(row, 'id'))}`, `conversations/${String(at(row, 'conversations', 0, 'id'))}`]) {
    expect(await call('DELETE', path, owner), path).toMatchObject({ status: 404, value: { code: 'not_found' } })
  }
  expect(await call('PATCH', `customers/${String(at(row, 'id'))}`, owner, { firstName: 'x' })).toMatchObject({ status: 404 })
  expect(await call('PATCH', 'conversations', owner, { ids: [String(at(row, 'conversations', 0, 'id'))], status: 'closed' })).toMatchObject({ value: { changed: [], unchanged: [] } })
  for (const path of ['conversations/zzzzzzzzzz', 'conversations/..%2f', 'customers/0', 'customers/abc', 'customers/99999999999999999999']) {
    expect(await call('DELETE', path, owner), path).toMatchObject({ status: 404 })
  }
  expect(await call('GET', `conversations/${conversation}`, owner)).toMatchObject({ status: 405 })
})

test('[U2] [U5] a customer is edited, lists and sallyport.v1 are told, and the same again changes nothing', async () => {
  const { socket, rows } = await list('customers', agent)
  const id = String(at(rows[0], 'id'))
  const modern = await opened(`${server.socketUrl}/ws/customers/`, modernBearer(agent))
  await until(modern, 'subscribed')
  const change = { firstName: 'Renamed', email: null, tags: ['Loyal'] }
  expect(await call('PATCH', `customers/${id}`, agent, change)).toMatchObject({ status: 200, value: { changed: true, customer: { id: Number(id), firstName: 'Renamed', email: null } } })
  expect(await until(modern, 'customer.changed')).toMatchObject({ customer: { id: Number(id), firstName: 'Renamed' } })
  const again = rowsAt(await until(socket, 'customers_list'), 'customers').find((row) => String(at(row, 'id')) === id)
  expect(again).toMatchObject({ first_name: 'Renamed', email: null, tags: [{ name: 'Loyal' }] })
  expect(await call('PATCH', `customers/${id}`, agent, change)).toEqual({ status: 200, value: { changed: false } })
  await expect.poll(server.stdout).toMatch(new RegExp(`operation action=customer_changed actor=3 target=${id}`))
  const { value } = await call('PATCH', `customers/${id}`, agent, { firstName: 'x'.repeat(101), nick: 'a' })
  const places = z.object({ errors: z.array(z.string()) }).parse(value).errors.map((line) => line.split(':')[0])
  expect(new Set(places)).toEqual(new Set(['body', 'firstName']))
  expect(await call('PATCH', `customers/${id}`, agent, {})).toMatchObject({ status: 400, value: { code: 'bad_body' } })
  await Promise.all([socket.close(), modern.close()])
})

test('[U3] [U5] many conversations get one status, and the list is shown anew', async () => {
  const { socket, rows } = await list('conversations')
  const ids = rows.map((row) => String(at(row, 'id'))).slice(0, 3)
  const answer = await call('PATCH', 'conversations', agent, { ids: [...ids, 'zzzzzzzzzz'], status: 'closed' })
  expect(answer).toMatchObject({ status: 200, value: { notFound: ['zzzzzzzzzz'] } })
  await nextWhere(socket, (frame) => frame['type'] === 'conversations_list' && ids.every((id) => rowsAt(frame, 'conversations').some((row) => at(row, 'id') === id && at(row, 'status') === 'closed')))
  expect(await call('PATCH', 'conversations', agent, { ids, status: 'closed' })).toEqual({ status: 200, value: { changed: [], unchanged: ids, notFound: [] } })
  for (const wrong of [{ ids: [], status: 'closed' }, { ids, status: 'open' }, { ids: Array.from({ length: 101 }, (_, index) => `c${String(index)}`), status: 'closed' }, { status: 'closed' }]) {
    expect(await call('PATCH', 'conversations', agent, wrong)).toMatchObject({ status: 400, value: { code: 'bad_body' } })
  }
  await socket.close()
})

test('[U4] [U5] an admin deletes a conversation, an agent may not, and who has it open is told', async () => {
  const [conversation = ''] = await conversationIds()
  const socket = await chat(conversation)
  const path = `conversations/${conversation}`
  expect(await call('DELETE', path, agent)).toMatchObject({ status: 403, value: { code: 'forbidden' } })
  expect(await call('DELETE', path, admin)).toEqual({ status: 204, value: undefined })
  expect(await until(socket, 'conversation_deleted')).toMatchObject({ conversation_id: conversation })
  expect(await call('DELETE', path, admin)).toMatchObject({ status: 404 })
  expect(await conversationIds()).not.toContain(conversation)
  await expect.poll(server.stdout).toMatch(new RegExp(`operation action=conversation_deleted actor=2 target=${conversation}`))
  await socket.close()
})

test('[U4] [U5] an owner deletes a customer with all his conversations', async () => {
  const { socket, rows } = await list('customers')
  const id = String(at(rows[0], 'id'))
  const conversation = String(at(rows[0], 'conversations', 0, 'id'))
  const open = await chat(conversation)
  expect(await call('DELETE', `customers/${id}`, agent)).toMatchObject({ status: 403 })
  expect((await call('DELETE', `customers/${id}`, owner)).status).toBe(204)
  expect(await until(open, 'conversation_deleted')).toMatchObject({ conversation_id: conversation })
  expect(rowsAt(await until(socket, 'customers_list'), 'customers').map((row) => String(at(row, 'id')))).not.toContain(id)
  expect((await call('DELETE', `conversations/${conversation}`, owner)).status).toBe(404)
  await Promise.all([socket.close(), open.close()])
})

test('[U6] each change has a line in the audit log with who, from where and what, and without a word of a customer', async () => {
  const key = (await readFile(join(folder.cwd, '.sallyport/operator.key'), 'utf8')).trim()
  const lines = async () => {
    const answer = await fetch(`${server.internalUrl}/api/v1/audit?limit=50`, { headers: { authorization: `Bearer ${key}` } })
    return z.object({ items: z.array(z.looseObject({ id: z.number() })) }).parse(await answer.json()).items
  }
  const [newest] = await lines()
  const { socket, rows } = await list('customers')
  const [row] = rows
  const id = String(at(row, 'id'))
  const conversation = String(at(row, 'conversations', 0, 'id'))
  await call('PATCH', `customers/${id}`, agent, { firstName: 'Secretive', tags: ['Quiet'] })
  await call('PATCH', `customers/${id}`, agent, { firstName: 'Secretive' })
  await call('PATCH', 'conversations', agent, { ids: [conversation, 'zzzzzzzzzz'], status: 'marketing_active' })
  await call('DELETE', `conversations/${conversation}`, agent)
  await call('DELETE', `conversations/${conversation}`, admin)
  await call('DELETE', `customers/${id}`, owner)
  const said = (await lines()).filter((line) => line.id > (newest?.id ?? 0)).toReversed()
  const from = { address: '127.0.0.1' }
  expect(said).toMatchObject([
    { ...from, actor: 'user:3', action: 'customer.change', subject: `customer:${id}`, after: { fields: ['firstName', 'tags'] } },
    { ...from, actor: 'user:3', action: 'conversation.change', subject: `conversation:${conversation}`, after: { status: 'marketing_active' } },
    { ...from, actor: 'user:2', action: 'conversation.delete', subject: `conversation:${conversation}`, before: { customer: Number(id), status: 'marketing_active' } },
    { ...from, actor: 'user:1', action: 'customer.delete', subject: `customer:${id}`, before: { workspace: 1 } },
  ])
  expect(said).toHaveLength(4)
  expect(JSON.stringify(said)).not.toMatch(/Secretive|Quiet/)
  await socket.close()
})

test('[U1] a user who calls too often is told when to come again', async () => {
  const answers = await Promise.all(Array.from({ length: 200 }, () => call('DELETE', 'customers/0', admin)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404, 429]))
  expect(answers.find(({ status }) => status === 429)?.value).toMatchObject({ code: 'rate_limited' })
})

test('a page of the list may send every method that is answered', async () => {
  const headers = { origin: page, 'access-control-request-method': 'DELETE' }
  const answer = await fetch(`${server.publicUrl}/api/v1/customers/1`, { method: 'OPTIONS', headers })
  expect([answer.status, answer.headers.get('access-control-allow-methods')]).toEqual([204, 'POST, PATCH, DELETE'])
})
