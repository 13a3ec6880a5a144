import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createSqliteControlLog } from '../../dist/stores/sqlite/sqlite-control-log.js'
import { createEngines, type TestEngine } from '../../dist/stores/sqlite/testing/engines.js'
import { at } from '../dialects/stage.js'
import type { Serving } from '../server/run-cli.js'
import { makeWorkspace, nextWhere, type Workspace } from './workspace.js'

const engines = createEngines()
let workspace: Workspace
let server: Serving
let writer: TestEngine
beforeAll(async () => {
  workspace = await makeWorkspace()
  server = await workspace.start()
  writer = await engines.open({ path: workspace.file })
})
afterAll(async () => {
  await engines.closeAll()
  await server.stop()
  await workspace.remove()
})

const readiness = async (): Promise<number> => (await fetch(`${server.internalUrl}/readyz`)).status

/** Appends to the control log as its writer would, but what it likes. */
const publish = (kind: string, payload: string): Promise<unknown> =>
  writer.write('script', `
    update counters set value = value + 1 where name = 'control';
    insert into control_log (seq, kind, payload, at_ms) values ((select value from counters where name = 'control'), '${kind}', ${payload}, 0);`)

const ban = (subject: string): string => `'{"ban":{"id":"x","subject":${subject},"reason":"","actor":"","source":"manual","createdAt":0,"expiresAt":null}}'`

const hostile: readonly (readonly [kind: string, payload: string])[] = [
  ['ban_added', `'{}'`],
  ['ban_added', `'[1]'`],
  ['ban_added', ban('{"kind":"network","network":"everybody"}')],
  ['ban_added', ban('{"kind":"everybody"}')],
  ['ban_lifted', `'{"ban":null}'`],
  ['revoked', `'{"revocation":{"kind":"user","userId":1,"before":"now","until":true}}'`],
  ['user_changed', `'{"userId":null}'`],
  ['user_changed', `'"admin"'`],
  ['user_changed', `json_object('userId', printf('%.*c', 10000000, 'x'))`],
  ['sessions_ended', `'{"end":{"id":"e","subject":{"kind":"everybody"},"endedAt":0,"reader":"r"}}'`],
]

test('[T19] K11: who can write to the control log closes no socket and stops no ban by what makes no sense', async () => {
  const socket = await workspace.modern(server, '1')
  for (const [kind, payload] of hostile) await publish(kind, payload)
  const log = createSqliteControlLog(writer)
  expect((await log.since(0, 1_000)).filter(({ kind }) => kind === 'unreadable')).toHaveLength(hostile.length)
  await expect.poll(() => server.stdout()).toContain('can not be read by this program')
  expect(await readiness()).toBe(200)
  expect(socket.waiting()).toBe(0)

  // The next change of another process comes through as ever.
  await writer.write('setUserActive', { id: '1', active: false, actor: 'ada', at: Date.now() })
  expect(await socket.closed).toMatchObject({ code: 4401 })
  await writer.write('setUserActive', { id: '1', active: true, actor: 'ada', at: Date.now() })
})

const offsets = z.array(z.object({ offset: z.number() }))

test('K11: who can write to the log of a workspace ends nothing by what makes no sense, and the next true message is told', async () => {
  const [conversation = ''] = workspace.conversations
  const [author, reader] = [await workspace.modern(server, '2'), await workspace.classic(server, '3', conversation)]
  const payloads = [`'{}'`, `'{"type":"everything.granted","to":"everybody"}'`, `'{"type":"message.created"}'`, `'{"type":"conversation.deleted"}'`, `'[]'`, `json_object('type', 'customer.changed', 'customer', printf('%.*c', 10000000, 'x'))`]
  for (const payload of payloads)
    await writer.write('script', `
      update workspace_counters set log_offset = log_offset + 1 where workspace = 1;
      insert into workspace_log (workspace, offset, type, payload, at) select 1, log_offset, 'hostile', ${payload}, 0 from workspace_counters where workspace = 1;`)
  for (const content of ['one', 'two']) {
    author.send(JSON.stringify({ id: content, type: 'message.send', conversation, key: content, content }))
    expect(await nextWhere(author, (frame) => frame['re'] === content)).toMatchObject({ type: 'ok' })
    await nextWhere(reader, (frame) => at(frame, 'message', 'content') === content)
  }
  expect(await readiness()).toBe(200)
  await Promise.all([author.close(), reader.close()])
  expect(offsets.parse(await writer.read('lists', 'select offset from workspace_log where workspace = 1 order by offset')).length).toBeGreaterThan(payloads.length)
})
