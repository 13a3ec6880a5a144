import { expect, test } from 'vitest'
import { testSecret } from './admission/testing/staircase.js'
import { createGate } from './create-gate.js'
import type { GateOptions } from './gate-options.js'

const whole: GateOptions = { issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }], lookupUser: (id) => ({ id, active: true }) }

/** Options as a program without types may give them. */
const given = async (options: object) => await createGate(Object.assign({ ...whole }, options))

test.each<readonly [object, string]>([
  [{ lookupUser: undefined }, '"lookupUser" must be a function that finds a user by his id: current value is undefined'],
  [{ issuers: undefined }, '"issuers" must be a list of issuers, such as [{ profile, algorithms, secret }]: current value is undefined'],
  [{ issuers: [null] }, '"issuers" must be a list of issuers'],
  [{ orgins: ['https://app.example'] }, 'there is no option "orgins"; there are issuers, '],
  [{ origins: 'https://app.example' }, '"origins" must be a list of origins as browsers send them, such as https://app.example, without a path: current value is "https://app.example"'],
  [{ origins: ['https://app.example/'] }, 'current value is ["https://app.example/"]'],
  [{ origins: ['*'] }, 'current value is ["*"]'],
  [{ carriers: 'header' }, '"carriers" must be a list of at least one of header, subprotocol, query, ticket, cookie, first-frame: current value is "header"'],
  [{ carriers: ['hedder'] }, 'current value is ["hedder"]'],
  [{ carriers: [] }, 'current value is []'],
  [{ cookieName: 'a b' }, '"cookieName" must be the name of a cookie: current value is "a b"'],
  [{ hosts: ['https://chat.example'] }, '"hosts" must be a list of host[:port] values, such as chat.example: current value is ["https://chat.example"]'],
  [{ requireOrigin: 'yes' }, '"requireOrigin" must be true or false: current value is "yes"'],
  [{ endpoints: [{ name: 'a' }] }, '"endpoints" must be a list of { name, path }'],
  [{ dryRun: 'origin' }, '"dryRun" must be a list of address_ban, address_budget, origin, user_ban: current value is "origin"'],
  [{ refusals: 'https' }, '"refusals" must be one of auto, http, close, legacy: current value is "https"'],
  [{ dialect: 'classic' }, '"dialect" must be one of plain, classic.v1, classic.v2: current value is "classic"'],
  [{ memberships: {} }, '"memberships" must have mayEnter: current value is a value of type object'],
  [{ limitsStore: 5 }, '"limitsStore" must have take, peek, release: current value is 5'],
  [{ stores: {} }, '"stores" must have bans, revocations and control'],
  [{ neverBanned: '10.0.0.1' }, '"neverBanned" must be a list of addresses and CIDR ranges: current value is "10.0.0.1"'],
  [{ developmentUserId: 5 }, '"developmentUserId" must be the id of a user, a text: current value is 5'],
  [{ limits: { userConects: { max: 5, windowMs: 1_000 } } }, 'there is no option "limits.userConects"; there are userConnects, addressConnects, '],
  [{ limits: 5 }, '"limits" must be an object: current value is 5'],
  [{ deadlines: { user: 5 } }, 'there is no option "deadlines.user"; there are handshakeMs, '],
  [{ ladder: { allowed: ['10.0.0.0/8'] } }, 'there is no option "ladder.allowed"; there are mode, '],
  [{ proxies: { trusted: ['10.0.0.1'], forwarding: 'forwarded' } }, 'there is no option "proxies.trusted"; there are trustedProxies, forwarding'],
  [{ proxies: { trustedProxies: '10.0.0.1', forwarding: 'forwarded' } }, '"proxies.trustedProxies" must be a list of addresses and CIDR ranges: current value is "10.0.0.1"'],
  [{ limits: { dryRun: ['userSocket'] } }, '"limits.dryRun" must be a list of userConnects, addressConnects, endpointConnects, userSockets, addressSockets, nodeSockets: current value is ["userSocket"]'],
  [{ endpoints: [{ name: 'a', path: '/a/', role: ['admin'] }] }, 'there is no option "endpoints[0].role"; there are name, path, roles, parameters'],
  [{ endpoints: [{ name: 'a', path: '/a/', roles: 'admin' }] }, '"endpoints[0].roles" must be a list of owner, admin, agent, customer: current value is "admin"'],
  [{ endpoints: [{ name: 'a', path: '/a/', roles: ['root'] }] }, 'current value is ["root"]'],
  [{ endpoints: [{ name: 'a', path: '/a/', parameters: 'v' }] }, '"endpoints[0].parameters" must be a list of names of query parameters: current value is "v"'],
  [{ allowList: {} }, '"allowList" must have holding'],
  [{ blockingGuard: {} }, '"blockingGuard" must have onBlocking'],
])('a gate is not made with %j, and the error names the option, what it must be and its value', async (options, said) => {
  await expect(given(options)).rejects.toThrow(said)
})

test('no secret is in the error about issuers that are no list', async () => {
  const made = given({ issuers: { profile: 'standard', algorithms: ['HS512'], secret: testSecret } })
  await expect(made).rejects.toThrow('"issuers" must be a list')
  await expect(made).rejects.not.toThrow(testSecret)
})

test('options that are left out, or undefined, have their defaults', async () => {
  const gate = await given({ origins: undefined, carriers: undefined, hosts: ['chat.example:443', '[::1]:8080'], dryRun: [] })
  gate.stop()
})
