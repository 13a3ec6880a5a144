import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { canonicalAddress } from '../../dist/admission/address/canonical.js'
import { createProxies } from '../../dist/admission/address/proxies.js'
import { createBanSet } from '../../dist/admission/ban-set.js'
import { createLadder } from '../../dist/admission/ladder.js'
import { banBody, banPreviewBody } from '../../dist/server/http/shapes.js'

const pairs = z.array(z.tuple([z.string(), z.string()]))
const vectors = z
  .object({ sameAddress: pairs, mustBeRejectedAsInput: z.array(z.string()) })
  .parse(JSON.parse(readFileSync(new URL('ip/ip-vectors.json', import.meta.url), 'utf8')))

test.each(vectors.mustBeRejectedAsInput)('[B1] E5: %j gets into no list of bans, allowed networks or proxies', (network) => {
  expect(banBody.safeParse({ network }).success).toBe(false)
  expect(banPreviewBody.safeParse({ network }).success).toBe(false)
  expect(banPreviewBody.safeParse({ network: '203.0.113.7', ownAddress: network }).success).toBe(false)
  expect(() => createLadder({ mode: 'on', allowed: [network] })).toThrow(TypeError)
  expect(() => createProxies({ trustedProxies: [network], forwarding: 'x-forwarded-for' })).toThrow(TypeError)
  const bans = createBanSet()
  const ban = { id: '1', subject: { kind: 'network', network }, reason: '', actor: '', source: 'manual', createdAt: 0, expiresAt: undefined } as const
  expect(() => {
    bans.add(ban)
  }).toThrow(TypeError)
  expect(bans.size).toBe(0)
})

test('E5: there are as many bad spellings as there were', () => {
  expect(vectors.mustBeRejectedAsInput).toHaveLength(41)
})

test.each(vectors.sameAddress)('[B1] F2: a ban of %s meets who comes as %s, and the other way round', (one, other) => {
  for (const [banned, comes] of [[one, other], [other, one]] as const) {
    const bans = createBanSet()
    bans.add({ id: '1', subject: { kind: 'network', network: banned }, reason: '', actor: '', source: 'manual', createdAt: 0, expiresAt: undefined })
    expect(bans.findAddress(canonicalAddress(comes) ?? '', 1)?.id).toBe('1')
  }
})
