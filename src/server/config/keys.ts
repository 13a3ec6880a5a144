import { isIP } from 'node:net'
import { z } from 'zod'
import { forwardings } from '../../admission/address/proxies.js'
import { parseNetwork } from '../../admission/address/network.js'
import { dryRunRules } from '../../admission/decision.js'
import { ladderModes } from '../../admission/ladder.js'
import { carriers, defaultCarriers, defaultCookieName } from '../../admission/steps/credential.js'
import { algorithms, isAlgorithm, type Algorithm } from '../../admission/token/algorithm.js'
import type { ProfileName } from '../../admission/token/profiles.js'
import { operatorKeyForm } from '../operator-key.js'
import { connectorSources } from '../connectors/source.js'
import { exactOrigin } from './exact-origin.js'
import type { Leaf, Notation } from './leaf.js'

const key = <T>(
  path: string,
  notation: Notation,
  schema: z.ZodType<T>,
  fallback: NoInfer<T>,
  allowed: string,
  sentence: string,
  secret = false,
  choices?: readonly string[],
): Leaf<T> => ({ path, notation, schema, fallback, allowed, sentence, secret, ...(choices === undefined ? {} : { choices }) })

const int = (path: string, fallback: number, min: number, max: number, sentence: string): Leaf<number> =>
  key(path, 'number', z.int().min(min).max(max), fallback, `a whole number from ${String(min)} to ${String(max)}`, sentence)

const number = (path: string, fallback: number, min: number, max: number, sentence: string): Leaf<number> =>
  key(path, 'number', z.number().min(min).max(max), fallback, `a number from ${String(min)} to ${String(max)}`, sentence)

const flag = (path: string, fallback: boolean, sentence: string): Leaf<boolean> =>
  key(path, 'flag', z.boolean(), fallback, 'true or false', sentence)

const text = (path: string, sentence: string, allowed = 'text', secret = false): Leaf<string | undefined> =>
  key(path, 'text', z.string().min(1).optional(), undefined, allowed, sentence, secret)

const oneOf = <const T extends readonly [string, ...string[]]>(path: string, values: T, fallback: T[number], sentence: string): Leaf<T[number]> =>
  key(path, 'text', z.enum(values), fallback, `one of ${values.join(', ')}`, sentence, false, values)

const port = (path: string, fallback: number, sentence: string): Leaf<number> => int(path, fallback, 0, 65_535, sentence)

const hostForm = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

const networks = z.array(z.string().refine((value) => parseNetwork(value) !== undefined, 'is no address or CIDR range'))
const optionalList = z.array(z.string().min(1)).min(1).optional()
const origin = z.string().refine((value) => exactOrigin(value) === value, 'is no origin as browsers send it')
/** Compared with Host in lower case. */
const host = z.string().regex(hostForm, 'is no host[:port]').transform((value) => value.toLowerCase())

const isPublicUrl = (value: string): boolean => {
  if (!URL.canParse(value)) return false
  const { protocol, username, password, search, hash } = new URL(value)
  return /^https?:$/.test(protocol) && username === '' && password === '' && search === '' && hash === ''
}

/** One placeholder and no other: a query without it would find the same user for everybody. */
const asksForOneUser = (query: string): boolean => /\$1(?!\d)/.test(query) && !/\$(?!1(?!\d))\d/.test(query)

const algorithmNames = Object.keys(algorithms).join(', ')
const algorithm = z.custom<Algorithm>((value) => typeof value === 'string' && isAlgorithm(value), 'is no algorithm we know')

const jwk = z.looseObject({ kty: z.string() })
const keyConfig = z.strictObject({
  kid: z.string().optional(),
  algorithm: algorithm.optional(),
  secret: z.string().optional(),
  publicKey: z.string().optional(),
  jwk: jwk.optional(),
  notAfter: z.string().optional(),
})
const profileNames = ['standard', 'simplejwt', 'classic', 'oidc', 'auth0', 'clerk', 'supabase', 'keycloak', 'better-auth'] as const satisfies readonly ProfileName[]
const issuerConfig = z.strictObject({
  name: z.string().optional(),
  profile: z.enum(profileNames),
  algorithms: z.array(algorithm).min(1).optional(),
  secret: z.string().optional(),
  keys: z.array(keyConfig).optional(),
  issuer: z.string().optional(),
  audience: z.union([z.string(), z.array(z.string())]).optional(),
  parties: z.array(z.string()).optional(),
  allowShortSecretUntil: z.string().optional(),
  lifetimeMs: z.int().optional(),
  allowListPrefix: z.string().optional(),
  jwksUrl: z.string().optional(),
})

const day = 86_400_000

export const dryRunLimits = ['userConnects', 'addressConnects', 'endpointConnects', 'userSockets', 'addressSockets', 'nodeSockets'] as const
const dryRunNames = [...dryRunRules, ...dryRunLimits]

/** Every key there is. `config env`, `config print`, `.env.example` and the errors are generated from this table. */
export const keys = {
  listenHost: key('listen.host', 'text', z.string().refine((v) => isIP(v) !== 0 || v === 'localhost'), '127.0.0.1', 'an IP address or localhost', 'Address the public port binds; a container, or a proxy on another machine, needs 0.0.0.0.'),
  listenPort: port('listen.port', 4400, 'Public port.'),
  listenFastLane: flag('listen.fastLane', true, 'Whether plain handshakes are read before Node\'s own parser; nothing but speed depends on it.'),
  internalHost: key('internal.host', 'text', z.string().refine((v) => isIP(v) !== 0 || v === 'localhost'), '127.0.0.1', 'an IP address or localhost', 'Address the internal port binds; everything an operator does is there.'),
  internalPort: port('internal.port', 4480, 'Internal port.'),
  operatorBudgetCapacity: number('internal.operatorBudget.capacity', 1_200, 10, 1_000_000_000, 'What calls with one key of an operator may cost at once.'),
  operatorBudgetRefill: number('internal.operatorBudget.refillPerSecond', 40, 0.1, 1_000_000_000, 'What comes back each second.'),
  operatorKey: key('operatorKey', 'text', z.string().regex(operatorKeyForm).optional(), undefined, 'the 43 characters that `sallyport operator add` printed', 'Key with which the command line speaks to the internal port; unset takes operator.key of the data folder.', true),
  publicUrl: key('publicUrl', 'text', z.string().refine(isPublicUrl).optional(), undefined, 'an http or https address without user, query and fragment', 'How browsers reach the public port; its origin is allowed.'),
  hosts: key('hosts', 'list', z.array(host).optional(), undefined, 'a list of host[:port]', 'Host values that are served; unset serves every well-formed one.'),
  dataDir: key('dataDir', 'text', z.string().regex(/^\P{Cc}+$/u), '.sallyport', 'a folder', 'Folder of the database and of the operator key.'),
  storageUrl: key('storage.url', 'text', z.string().regex(/^file:\P{Cc}+$/u).optional(), undefined, 'file:<path>', 'Database; by default sallyport.db in the data folder.'),
  tokensIssuers: key('tokens.issuers', 'json', z.array(issuerConfig).min(1).optional(), undefined, 'a JSON list of issuers', 'Several issuers side by side, instead of the flat tokens.* keys.', true),
  tokensProfile: oneOf('tokens.profile', profileNames, 'standard', 'How claims are read; a hosted issuer needs only tokens.issuer and mostly tokens.audience beside it.'),
  tokensAlgorithms: key('tokens.algorithms', 'list', z.array(algorithm).min(1).optional(), undefined, `a list of ${algorithmNames}`, 'Accepted algorithms; by default those of the profile: HS512, or what the hosted issuer signs with.', false, Object.keys(algorithms)),
  tokensSecret: text('tokens.secret', 'Shared secret of HMAC algorithms; `sallyport secret` makes one.', 'text of at least 32, 48 or 64 bytes for HS256, HS384 or HS512', true),
  tokensKeys: key('tokens.keys', 'json', z.array(keyConfig).min(1).optional(), undefined, 'a JSON list of { kid, publicKey | jwk | secret, algorithm, notAfter }', 'Keys that verify tokens; several overlap during a rotation.', true),
  tokensJwksUrl: text('tokens.jwksUrl', 'Address that serves the public keys, instead of tokens.keys; profiles of hosted issuers know it from tokens.issuer.', 'an https address; http for loopback only'),
  tokensIssuer: text('tokens.issuer', 'Exact value that `iss` must have.'),
  tokensAudience: key('tokens.audience', 'list', optionalList, undefined, 'a list of names', 'One of these must be in `aud`; unset takes that of the profile, and without one refuses tokens that have an `aud`.'),
  tokensParties: key('tokens.parties', 'list', optionalList, undefined, 'a list of names', 'One of these must be `azp`, the client or page a token was made for; unset takes `origins` for tokens of the profile clerk, and else leaves it unchecked.'),
  tokensAllowShortSecretUntil: text('tokens.allowShortSecretUntil', 'Classic profile only: until then a secret of 32 bytes may be used.', 'an ISO 8601 date'),
  tokensLifetimeMs: int('tokens.lifetimeMs', 7 * day, 1_000, 3_650 * day, 'Classic profile only: life of a token, counted from `created_at`.'),
  tokensAllowListPrefix: text('tokens.allowListPrefix', 'Classic profile only: what stands before the SHA-256 of a token in the Redis keys of the old service, such as :1:jwt_access_; tokens without a key there are refused.', 'text of at most 200 characters'),
  tokensClockToleranceMs: int('tokens.clockToleranceMs', 5_000, 0, 300_000, 'How far `nbf` and `iat` may lie ahead; `exp` has no tolerance.'),
  tokensGraceMs: int('tokens.graceMs', 0, 0, day, 'How long a live socket may outlive its token.'),
  loginEnabled: key('login.enabled', 'flag', z.boolean().optional(), undefined, 'true or false', 'Whether users of our own table log in by password; unset does so where we have a secret to sign with.'),
  loginAccessMs: int('login.accessMs', 600_000, 30_000, 3_600_000, 'Life of an access token.'),
  loginIdleMs: int('login.idleMs', 7 * day, 60_000, 365 * day, 'How long a refresh token may lie unused.'),
  loginLifetimeMs: int('login.lifetimeMs', 30 * day, 60_000, 365 * day, 'How long a log-in lasts, however often it is refreshed.'),
  loginAddressCapacity: number('login.addressBudget.capacity', 300, 10, 1_000_000_000, 'What log-ins of one address may cost at once; a refused one costs 10, a good one 1.'),
  loginAddressRefill: number('login.addressBudget.refillPerSecond', 1, 0.01, 1_000_000_000, 'What comes back each second.'),
  loginAccountCapacity: number('login.accountBudget.capacity', 100, 10, 1_000_000_000, 'What log-ins to one account may cost at once.'),
  loginAccountRefill: number('login.accountBudget.refillPerSecond', 0.2, 0.01, 1_000_000_000, 'What comes back each second.'),
  usersUrl: key('users.url', 'text', z.string().regex(/^postgres(?:ql)?:\/\/./).optional(), undefined, 'postgres://…', 'An existing PostgreSQL database to look users up in.', true),
  usersQuery: key('users.query', 'text', z.string().refine(asksForOneUser).optional(), undefined, 'a query with the placeholder $1 and no other', 'One SELECT with $1 = user id that returns id, active (or is_active), and perhaps role, epoch, email.'),
  redisUrl: key('redis.url', 'text', z.string().regex(/^rediss?:\/\/\S+$/).optional(), undefined, 'redis://… or rediss://…', 'Redis of the old service, for tokens.allowListPrefix alone: limits are kept in memory, hints in the process.', true),
  carriers: key('carriers', 'list', z.array(z.enum(carriers, { error: 'is no carrier' })).min(1), [...defaultCarriers], `a list of ${carriers.join(', ')}`, 'Ways a token may travel; ticket sells single-use tickets at POST /api/v1/tickets, cookie also needs origins, first-frame waits for an authenticate command.', false, carriers),
  cookieName: key('cookieName', 'text', z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/), defaultCookieName, 'a cookie name', 'Cookie that holds a token, when carriers has cookie.'),
  origins: key('origins', 'list', z.array(origin).optional(), undefined, 'a list of origins such as https://app.example, without a path', 'Pages that may connect, compared exactly.'),
  requireOrigin: flag('requireOrigin', false, 'Whether clients without an Origin are refused.'),
  trustedProxies: key('trustedProxies', 'list', networks, [], 'a list of addresses and CIDR ranges', 'Proxies whose forwarding header is believed.'),
  forwarding: oneOf('forwarding', forwardings, 'x-forwarded-for', 'The one header that is believed.'),
  refusals: oneOf('refusals', ['auto', 'http', 'close', 'legacy'], 'auto', 'How refused credentials are told.'),
  userConnectsMax: int('limits.userConnects.max', 60, 1, 1_000_000, 'Connects of one user in the window.'),
  userConnectsWindowMs: int('limits.userConnects.windowMs', 60_000, 100, day, 'Length of that window.'),
  addressConnectsMax: int('limits.addressConnects.max', 1_200, 1, 1_000_000, 'Connects of one address in the window.'),
  addressConnectsWindowMs: int('limits.addressConnects.windowMs', 60_000, 100, day, 'Length of that window.'),
  endpointConnectsMax: key('limits.endpointConnects.max', 'number', z.int().min(1).max(1_000_000).optional(), undefined, 'a whole number from 1 to 1000000', 'Connects to each endpoint in the window, whoever makes them; unset is without a limit.'),
  endpointConnectsWindowMs: int('limits.endpointConnects.windowMs', 60_000, 100, day, 'Length of that window.'),
  messagesMax: int('limits.messages.max', 60, 1, 1_000_000, 'Messages one user may send in the window.'),
  messagesWindowMs: int('limits.messages.windowMs', 60_000, 100, day, 'Length of that window.'),
  sessionFramesMax: int('limits.sessionFrames.max', 30_000, 1, 1_000_000_000, 'Messages of any kind that one socket may send in the window.'),
  sessionFramesWindowMs: int('limits.sessionFrames.windowMs', 60_000, 100, day, 'Length of that window.'),
  userBytesMax: int('limits.userBytes.max', 67_108_864, 1_024, 1_000_000_000_000, 'Bytes of messages that one user may send in the window, over all his sockets; at least limits.frameBytes.'),
  userBytesWindowMs: int('limits.userBytes.windowMs', 60_000, 100, day, 'Length of that window.'),
  inboundMax: int('limits.inbound.max', 6_000, 1, 1_000_000, 'Messages one connector may bring in the window.'),
  inboundWindowMs: int('limits.inbound.windowMs', 60_000, 100, day, 'Length of that window.'),
  userSockets: int('limits.userSockets', 60, 1, 1_000_000, 'Open sockets of one user.'),
  addressSockets: int('limits.addressSockets', 2_000, 1, 1_000_000, 'Open sockets of one address.'),
  nodeSockets: int('limits.nodeSockets', 20_000, 1, 1_000_000, 'Open sockets of this server.'),
  frameBytes: int('limits.frameBytes', 65_536, 1_024, 16_777_216, 'Largest message a client may send.'),
  addressBudgetCapacity: number('limits.addressBudget.capacity', 2_400, 10, 1_000_000_000, 'What one address may cost at once.'),
  addressBudgetRefill: number('limits.addressBudget.refillPerSecond', 40, 0.1, 1_000_000_000, 'What comes back each second.'),
  capacityMaxLoopDelayMs: number('capacity.maxLoopDelayMs', 100, 1, 60_000, 'Mean delay of the event loop, in milliseconds, from which nobody is let in until it has fallen again.'),
  capacityMaxInFlight: int('capacity.maxInFlight', 1_000, 1, 1_000_000, 'Handshakes that may wait for a store at once.'),
  connectorsSources: key('connectors.sources', 'json', connectorSources, [], 'a JSON list of { name, workspace, secrets, source, aiAnswers, outbound: { url } }', 'From where customers write: each may post signed messages to /api/v1/inbound/<name>, and is posted what agents write where it has an outbound address.', true),
  connectorsToleranceMs: int('connectors.toleranceMs', 300_000, 1_000, 3_600_000, 'How far the clock of a connector may be off.'),
  outboundTimeoutMs: int('connectors.outbound.timeoutMs', 10_000, 100, 60_000, 'How long a connector may take to answer an outbound message.'),
  outboundGiveUpMs: int('connectors.outbound.giveUpMs', 6 * 3_600_000, 1_000, 7 * day, 'How long an outbound message is tried.'),
  outboundParallel: int('connectors.outbound.parallel', 8, 1, 64, 'Outbound messages of one connector that are under way at once, each of another conversation.'),
  ladderMode: oneOf('bans.ladder.mode', ladderModes, 'dry-run', 'Whether forged tokens ban an address by themselves.'),
  ladderFailures: int('bans.ladder.failures', 5, 1, 10_000, 'Distinct forged tokens that bring a ban.'),
  ladderWindowMs: int('bans.ladder.windowMs', 600_000, 1_000, day, 'Within this time.'),
  ladderHours: number('bans.ladder.hours', 24, 0.01, 720, 'Length of the first ban; each further one is twice as long.'),
  dryRun: key('dryRun', 'list', z.array(z.enum(dryRunNames)), [], `a list of ${dryRunNames.join(', ')}`, 'Rules that refuse nobody and only mark whom they would have refused.', false, dryRunNames),
  bansAllow: key('bans.allow', 'list', networks, [], 'a list of addresses and CIDR ranges', 'Networks the ladder never bans and no ban of the same or a wider network refuses.'),
  developmentUser: text('development.user', 'Development only: e-mail of the user who stands in when a token is missing or bad.', 'an e-mail address'),
  logLevel: oneOf('log.level', ['debug', 'info', 'warn', 'error', 'silent'], 'info', 'Least level that is written: info by default, debug in development.'),
  logFormat: oneOf('log.format', ['json', 'pretty', 'classic'], 'json', 'Form of log lines: json by default, pretty in development, classic in development with a user that stands in.'),
  classicCloseCodes: oneOf('classic.closeCodes', ['v2', 'v1'], 'v2', 'Close codes of clients that offer no sub-protocol: 4001 (v2) or 1008 (v1) for token trouble.'),
  classicGreeting: flag('classic.greeting', true, 'Whether classic clients get `connection_established` first.'),
} as const
