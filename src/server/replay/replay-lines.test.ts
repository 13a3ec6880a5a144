import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mintToken } from '../../admission/token/mint-token.js'
import { admitByFirstFrame } from '../../admission/admit.js'
import { createStaircase, handshakeOf, testSecret, tokenFor } from '../../admission/testing/staircase.js'
import { defaultLimits } from '../../admission/limits.js'
import { deny } from '../../protocol/denial.js'
import { createMemoryLimits } from '../../stores/memory/memory-limits.js'
import { serverEndpoints } from '../endpoints.js'
import { decisionReport } from '../reports.js'
import { createDice } from '../seed/dice.js'
import { createReplay } from './replay-decision.js'
import { RecordVersionUnknown, replayLines, type ReplaySummary } from './replay-lines.js'
import { configOf, gateOf, recordTraffic } from './testing/recorded-traffic.js'

async function* streamOf(lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield await Promise.resolve(line)
}

interface Told {
  readonly bad: string[]
  readonly progress: number[]
}

const replayed = async (lines: readonly string[], flags: Readonly<Record<string, unknown>>, told: Told = { bad: [], progress: [] }): Promise<ReplaySummary> =>
  await replayLines(streamOf(lines), {
    replay: createReplay(await configOf(flags), false),
    onBadLine: (line, fault) => told.bad.push(`${String(line)} ${fault}`),
    onProgress: (decisions) => told.progress.push(decisions),
  })

const busy = {
  hosts: 'gate.example',
  origins: 'https://app.example',
  trustedProxies: '10.0.0.0/24',
  carriers: 'header,subprotocol,query,ticket,cookie',
  'limits.userConnects.max': '30',
  'limits.userConnects.windowMs': '5000',
  'limits.addressConnects.max': '60',
  'limits.addressConnects.windowMs': '5000',
  'limits.endpointConnects.max': '150',
  'limits.endpointConnects.windowMs': '5000',
  'limits.userSockets': '8',
  'limits.addressSockets': '6',
  'limits.nodeSockets': '16',
  'limits.addressBudget.capacity': '60',
  'limits.addressBudget.refillPerSecond': '8',
}

const dryRuns = ['address_ban', 'user_ban', 'address_budget', 'origin', 'userConnects', 'addressConnects', 'endpointConnects', 'userSockets', 'addressSockets']

test('[E1] recorded decisions made again by the same configuration are the same to the last bit, whatever was refused or marked', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.subarray(dryRuns), fc.constantFrom('x-forwarded-for', 'forwarded', 'x-real-ip'), fc.boolean(), async (seed, dryRun, forwarding, requireOrigin) => {
      const flags = { ...busy, forwarding, requireOrigin: String(requireOrigin), ...(dryRun.length === 0 ? {} : { dryRun: dryRun.join(',') }) }
      const lines = await recordTraffic(await configOf(flags), seed, 200)
      const summary = await replayed(lines, flags)
      expect(summary).toMatchObject({ decisions: 200, same: 200, identical: 200, undecided: 0, bad: 0, flips: [] })
      expect(summary.after).toEqual(summary.before)
    }),
    { numRuns: 15 },
  )
})

test('[E1] a long recording meets every stair and is the same again', async () => {
  const lines = await recordTraffic(await configOf(busy), 9, 5_000)
  const summary = await replayed(lines, busy)
  expect(summary).toMatchObject({ decisions: 5_000, identical: 5_000 })
  for (const reason of ['admitted', 'bad_request', 'bad_forwarding', 'address_banned', 'rate_limited', 'not_found', 'origin_refused', 'token_missing', 'token_invalid', 'token_expired', 'token_revoked', 'user_banned', 'user_unknown', 'user_disabled', 'forbidden', 'too_many_connections', 'dependency_unavailable'])
    expect(summary.before[reason] ?? 0, reason).toBeGreaterThan(0)
  expect(summary.before['admitted']).toBeGreaterThan(200)
})

test('[E1] what came in the first frame, or failed to, is made again too', async () => {
  const limits = createMemoryLimits(defaultLimits)
  const world = await createStaircase(limits, { carriers: ['header', 'first-frame'], dialect: 'classic.v2', endpoints: serverEndpoints, origins: [] })
  const handshake = handshakeOf({ target: '/ws/', headers: { 'sec-websocket-protocol': ['sallyport.v1'] } })
  const good = await tokenFor()
  const made = [admitByFirstFrame(handshake, world.rules, good), admitByFirstFrame(handshake, world.rules, 'forged'), admitByFirstFrame(handshake, world.rules, deny('auth_timeout')), admitByFirstFrame(handshake, world.rules, deny('bad_request', { detail: 'the first frame is no authenticate' })), world.admit({ target: '/ws/', headers: { 'sec-websocket-protocol': ['sallyport.v1'] } })]
  const lines: string[] = []
  for (const decision of made) lines.push(JSON.stringify(decisionReport(await decision)))
  expect(await replayed(lines, { carriers: 'header,first-frame' })).toMatchObject({ decisions: 5, identical: 5, before: { admitted: 1, token_invalid: 1, auth_timeout: 1, bad_request: 1, token_missing: 1 } })
})

interface Attempt {
  readonly user: string
  readonly address: string
  readonly at: number
  readonly admitted: boolean
}

/** Connects of one user by a ledger of its own: how many were admitted in the window before an attempt. */
const usedBefore = (attempts: readonly Attempt[], index: number, windowMs: number, same: (a: Attempt, b: Attempt) => boolean): number => {
  const now = attempts[index]
  let used = 0
  for (let back = index - 1; now !== undefined && back >= 0; back -= 1) {
    const then = attempts[back]
    if (then === undefined || then.at <= now.at - windowMs) break
    if (then.admitted && same(then, now)) used += 1
  }
  return used
}

test('[E2] with one threshold changed, as many decisions flip as a ledger kept beside the gate counts', async () => {
  const flags = { 'limits.userConnects.max': '20', 'limits.userConnects.windowMs': '10000', 'limits.addressConnects.max': '35', 'limits.addressConnects.windowMs': '10000', 'limits.userSockets': '1000000', 'limits.addressSockets': '1000000' }
  const startAt = Date.now()
  const dice = createDice(11)
  const tokens = await Promise.all(['1', '2', '6'].map(async (subject) => [subject, await mintToken({ profile: 'standard', algorithm: 'HS512', secret: testSecret, subject, epoch: 9, lifetimeMs: 36_000_000, at: startAt })] as const))
  const lines: string[] = []
  const attempts: Attempt[] = []
  const gate = await gateOf(await configOf(flags), (decision) => lines.push(JSON.stringify(decisionReport(decision))))
  let at = startAt
  for (let index = 0; index < 4_000; index += 1) {
    at += dice.below(300)
    const [user, token] = dice.pick(tokens)
    const address = dice.pick(['203.0.113.7', '203.0.113.8'])
    const headers = { host: ['gate.example'], connection: ['Upgrade'], upgrade: ['websocket'], 'sec-websocket-version': ['13'], 'sec-websocket-key': ['dGhlIHNhbXBsZSBub25jZQ=='], authorization: [`Bearer ${token}`] }
    const decision = await gate.admit({ receivedAt: at, method: 'GET', httpVersion: '1.1', target: '/ws/', headers, peerAddress: address })
    attempts.push({ user, address, at, admitted: decision.outcome === 'admitted' })
  }
  gate.stop()

  const ofUser = (a: Attempt, b: Attempt): boolean => a.user === b.user
  const ofAddress = (a: Attempt, b: Attempt): boolean => a.address === b.address
  const flipsWith = (userMax: number, addressMax: number) => {
    let admitted = 0
    let refused = 0
    for (const [index, attempt] of attempts.entries()) {
      const passes = usedBefore(attempts, index, 10_000, ofUser) < userMax && usedBefore(attempts, index, 10_000, ofAddress) < addressMax
      if (passes && !attempt.admitted) admitted += 1
      if (!passes && attempt.admitted) refused += 1
    }
    return { newlyAdmitted: admitted, newlyRefused: refused }
  }
  expect(flipsWith(20, 35)).toEqual({ newlyAdmitted: 0, newlyRefused: 0 })
  for (const [userMax, addressMax] of [[10, 35], [19, 35], [21, 35], [1_000, 35], [20, 1], [20, 1_000]] as const) {
    const counted = flipsWith(userMax, addressMax)
    const summary = await replayed(lines, { ...flags, 'limits.userConnects.max': String(userMax), 'limits.addressConnects.max': String(addressMax) })
    expect(summary).toMatchObject({ ...counted, undecided: 0 })
    expect(counted.newlyAdmitted + counted.newlyRefused).toBeGreaterThan(0)
  }
})

test('[E2] origins, Hosts, proxies, dry-runs and the address budget flip what they concern', async () => {
  const lines = await recordTraffic(await configOf({ ...busy, dryRun: 'address_ban,origin' }), 3, 1_500)
  const parsed = lines.map((line): unknown => JSON.parse(line))
  const marked = (rule: string): number => parsed.filter((each) => JSON.stringify(each).includes(`"rule":"${rule}"`) && JSON.stringify(each).includes('"outcome":"admitted"')).length
  const inForce = await replayed(lines, { ...busy, dryRun: 'origin' })
  expect(inForce).toMatchObject({ newlyAdmitted: 0, newlyRefused: marked('address_ban') })
  expect(inForce.flips.filter(({ from }) => from === 'admitted')).toMatchObject([{ to: 'address_banned', count: marked('address_ban') }])
  expect(inForce.flips[0]?.first).toHaveLength(5)
  const origins = await replayed(lines, { ...busy, dryRun: 'address_ban' })
  expect(origins.flips.filter(({ from }) => from === 'admitted')).toMatchObject([{ to: 'origin_refused', count: marked('origin') }])
  expect((await replayed(lines, { ...busy, dryRun: 'address_ban,origin', hosts: 'other.example' })).newlyRefused).toBe(inForce.before['admitted'])
  const tight = await replayed(lines, { ...busy, dryRun: 'address_ban,origin', 'limits.addressBudget.capacity': '10' })
  expect(tight.newlyRefused + tight.changed).toBeGreaterThan(0)
  expect(tight.newlyAdmitted).toBe(0)
})

test('[E3] where nothing tells what a later stair would have found, the decision is undecided at that stair', async () => {
  const lines = await recordTraffic(await configOf(busy), 5, 800)
  const moved = await replayed(lines, { ...busy, trustedProxies: '203.0.113.0/24' })
  expect(moved.undecidedAt.address_ban).toBeGreaterThan(0)
  const open = await replayed(lines, { ...busy, dryRun: 'address_ban' })
  expect(open).toMatchObject({ newlyAdmitted: 0, newlyRefused: 0, undecided: open.before['address_banned'] })
  const longer = await replayed(lines, { ...busy, 'limits.userConnects.windowMs': '6000' })
  expect(longer.undecidedAt.limits).toBeGreaterThan(0)
  const fewer = await replayed(lines, { ...busy, carriers: 'header' })
  expect(fewer.undecidedAt.credential).toBeGreaterThan(0)
})

test('[E4] unknown versions are refused, lines that are no decision are counted and told, and gaps are added up', async () => {
  const lines = await recordTraffic(await configOf(busy), 1, 3)
  const told: Told = { bad: [], progress: [] }
  const damaged = [...lines, '', '{"dropped":12}', '{"id":', '{"recordVersion":1,"id":"x"}', '[]']
  expect(await replayed(damaged, busy, told)).toMatchObject({ decisions: 3, dropped: 12, bad: 3 })
  expect(told.bad).toEqual(['6 is not JSON', expect.stringMatching(/^7 outcome: /), '8 is not a decision'])
  const newer = [lines[0] ?? '', (lines[1] ?? '').replace('"recordVersion":1', '"recordVersion":2')]
  await expect(replayed(newer, busy)).rejects.toThrow(new RecordVersionUnknown('Cannot replay line 2 as its "recordVersion" is 2 and this program reads 1: use the version of sallyport that wrote it'))
  await expect(replayed([(lines[0] ?? '').replace('"recordVersion":1,', '')], busy)).rejects.toThrow(RecordVersionUnknown)
})
