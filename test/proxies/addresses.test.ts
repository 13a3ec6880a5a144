import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proxiesInstalled, proxiesRemedy } from './proxy.js'
import { openStage, see, type Stage } from './stage.js'

test.runIf(process.env['CI'] !== undefined)('nginx and HAProxy are installed where nothing may be skipped', () => {
  expect(proxiesInstalled, proxiesRemedy).toBe(true)
})

describe.skipIf(!proxiesInstalled)(`client addresses behind nginx and HAProxy (when skipped: ${proxiesRemedy})`, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.stop())

  const forged = ['X-Forwarded-For: 192.0.2.66', 'Forwarded: for=192.0.2.66', 'X-Real-IP: 192.0.2.66', 'CF-Connecting-IP: 192.0.2.66', 'True-Client-IP: 192.0.2.66', 'X-Client-IP: 192.0.2.66']

  test('[A4] E1: no header of a direct peer is believed, whatever its name and whoever is trusted', async () => {
    for (const backend of [stage.trusting, stage.trustingNobody, stage.dualStack])
      expect(await see(backend, backend.port, { from: '127.0.0.2', lines: forged })).toMatchObject({ status: 401, code: 'token_missing', address: '127.0.0.2' })
  })

  test('[A4] without trust every client of a proxy is the proxy itself, and none can choose its address', async () => {
    const { trustingNobody, at } = stage
    expect(await see(trustingNobody, at.distrusted, { from: '127.0.0.11' })).toMatchObject({ status: 401, address: '127.0.0.1' })
    expect(await see(trustingNobody, at.distrusted, { from: '127.0.0.12', lines: forged })).toMatchObject({ status: 401, address: '127.0.0.1' })
  })

  test.each([
    ['nginx', '127.0.0.31'],
    ['haproxy', '127.0.0.32'],
    ['nginxHaproxy', '127.0.0.33'],
    ['haproxyNginx', '127.0.0.34'],
  ] as const)('[A4] E2: through %s the client is the right-most untrusted hop, whatever stands to its left', async (way, from) => {
    const { trusting, at } = stage
    for (const lines of [[], forged, ['X-Forwarded-For: 127.0.0.1, 127.0.0.1'], ['X-Forwarded-For: unknown, "'], ['X-Forwarded-For: ,,,']])
      expect(await see(trusting, at[way], { from, lines }), lines[0]).toMatchObject({ status: 401, address: from })
  })

  test('[A4] a client over IPv6 is its own address behind both proxies', async () => {
    const { trusting, dualStack, at } = stage
    for (const way of ['nginx', 'haproxy'] as const) expect(await see(trusting, at[way], { host: '::1', lines: forged })).toMatchObject({ status: 401, address: '::1' })
    for (const way of ['forwarded', 'haproxyForwarded'] as const) expect(await see(dualStack, at[way], { host: '::1', lines: forged })).toMatchObject({ status: 401, address: '::1' })
  })

  test.each(['forwarded', 'haproxyForwarded'] as const)('[A4] E2: Forwarded (RFC 7239) through %s is read from the right', async (way) => {
    const { dualStack, at } = stage
    for (const lines of [[], forged, ['Forwarded: for=192.0.2.66;by="'], ['Forwarded: for="192.0.2.66, for=192.0.2.67'], ['Forwarded: for=_hidden'], ['Forwarded: for=127.0.0.1, for=127.0.0.1']])
      expect(await see(dualStack, at[way], { from: '127.0.0.15', lines }), lines[0]).toMatchObject({ status: 401, address: '127.0.0.15' })
  })

  test('[A4] E3: many lines are one list, a trusted address forged at its left changes nothing, and of trusted hops alone the left-most is the client', async () => {
    const { trusting, at } = stage
    const many = Array.from({ length: 40 }, (_, index) => `X-Forwarded-For: 192.0.2.${String(index)}`)
    for (const way of ['nginx', 'haproxy'] as const) {
      expect(await see(trusting, at[way], { from: '127.0.0.16', lines: many })).toMatchObject({ address: '127.0.0.16' })
      expect(await see(trusting, at[way], { from: '127.0.0.16', lines: ['X-Forwarded-For: 127.0.0.1', 'X-Forwarded-For: 127.0.0.1'] })).toMatchObject({ address: '127.0.0.16' })
      expect(await see(trusting, at[way], { from: '127.0.0.1' })).toMatchObject({ status: 401, address: '127.0.0.1' })
    }
  })

  test('[A4] in a chain whose outer proxy is not trusted, the outer proxy is the client', async () => {
    const { trusting, at } = stage
    for (const from of ['127.0.0.17', '127.0.0.18']) expect(await see(trusting, at.strangerHaproxy, { from, lines: forged })).toMatchObject({ address: '127.0.0.90' })
  })

  test('[A4] a trusted proxy that names no client gets 400, so that its clients neither share a bucket nor choose one', async () => {
    const { trusting, dualStack, at } = stage
    for (const from of ['127.0.0.19', '127.0.0.20']) {
      const refused = { status: 400, code: 'bad_forwarding', address: undefined, detail: 'x-forwarded-for is missing' }
      // More often than one budget would allow: it is not charged to the proxy either.
      for (let times = 0; times < 12; times++) expect(await see(trusting, at.mute, { from })).toMatchObject(refused)
      expect(await see(trusting, at.mute, { from, lines: ['X-Real-IP: 192.0.2.66', 'Forwarded: for=192.0.2.66', 'X_Forwarded_For: 192.0.2.66'] })).toMatchObject(refused)
    }
    expect(await see(dualStack, dualStack.port, { lines: ['X-Forwarded-For: 192.0.2.66'] })).toMatchObject({ status: 400, detail: 'forwarded is missing' })
    for (const bad of ['unknown', '_hidden', '127.0.0.256', '', ','])
      expect(await see(trusting, trusting.port, { lines: [`X-Forwarded-For: ${bad}`] }), bad).toMatchObject({ status: 400, code: 'bad_forwarding' })
  })

  test('[A4] [A7] E2: a limit follows the client through both proxies, and a forged address neither escapes it nor brings it on others', async () => {
    const { trusting, at } = stage
    const spent = async (from: string): Promise<readonly number[]> => {
      const statuses: number[] = []
      for (let times = 0; times < 12; times++) {
        const way = times % 2 === 0 ? 'nginx' : 'haproxy'
        statuses.push((await see(trusting, at[way], { from, lines: [`X-Forwarded-For: 127.0.0.22, 192.0.2.${String(times)}`] })).status)
      }
      return statuses
    }
    const statuses = await spent('127.0.0.21')
    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401))
    expect(statuses.slice(10)).toEqual([429, 429])
    expect(await see(trusting, at.nginx, { from: '127.0.0.22' })).toMatchObject({ status: 401 })
  })

  test('[A6] [B2] E2: a ban follows the client through both proxies, and a forged address neither escapes it nor brings it on others', async () => {
    const { trusting, at } = stage
    expect(await trusting.serving.run(['ban', 'add', '127.0.0.23', '--force', '--yes'])).toMatchObject({ code: 0 })
    for (const way of ['nginx', 'haproxy', 'nginxHaproxy', 'haproxyNginx'] as const) {
      expect(await see(trusting, at[way], { from: '127.0.0.23', lines: ['X-Forwarded-For: 127.0.0.24'] })).toMatchObject({ status: 403, code: 'address_banned' })
      expect(await see(trusting, at[way], { from: '127.0.0.24', lines: ['X-Forwarded-For: 127.0.0.23'] })).toMatchObject({ status: 401 })
    }
    expect(await trusting.serving.run(['ban', 'lift', '127.0.0.23'])).toMatchObject({ code: 0 })
    expect(await see(trusting, at.nginx, { from: '127.0.0.23' })).toMatchObject({ status: 401 })
  })

  test.each(['nginx', 'haproxy'] as const)('[A4] E8: a client that names the header in Connection does not take it out of what %s says', async (way) => {
    const { trusting, at } = stage
    const lines = ['Connection: X-Forwarded-For, X-Real-IP, Forwarded', 'X-Forwarded-For: 192.0.2.66', 'X-Real-IP: 192.0.2.66']
    const { status, address } = await see(trusting, at[way], { from: '127.0.0.25', lines })
    expect({ status, address }).toEqual({ status: 401, address: '127.0.0.25' })
  })

  test('[A4] E8: at the gate itself it is a header like any other', async () => {
    const { trusting } = stage
    const lines = ['Connection: X-Forwarded-For', 'X-Forwarded-For: 127.0.0.26']
    expect(await see(trusting, trusting.port, { lines })).toMatchObject({ status: 401, address: '127.0.0.26' })
  })

  test('[A4] [B2] E9: on a dual-stack listener ::ffff:127.0.0.1 is 127.0.0.1, for trust, bans and the log', async () => {
    const { dualStack } = stage
    expect(await see(dualStack, dualStack.port, { lines: ['Forwarded: for=192.0.2.7'] })).toMatchObject({ status: 401, address: '192.0.2.7' })
    expect(await see(dualStack, dualStack.port, { host: '::1', lines: ['Forwarded: for=192.0.2.7'] })).toMatchObject({ address: '::1' })
    expect(await see(dualStack, dualStack.port, { from: '127.0.0.27' })).toMatchObject({ status: 401, address: '127.0.0.27' })
    expect(await dualStack.serving.run(['ban', 'add', '::ffff:127.0.0.27', '--force', '--yes'])).toMatchObject({ code: 0 })
    expect(await see(dualStack, dualStack.port, { from: '127.0.0.27' })).toMatchObject({ status: 403, code: 'address_banned' })
    const { stdout } = await dualStack.serving.stop()
    expect(stdout).toContain('"address":"127.0.0.27"')
    expect(stdout).not.toContain('::ffff:127')
  })
})
