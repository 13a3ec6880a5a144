import { dryRunRules } from './admission/decision.js'
import type { EndpointRule } from './admission/endpoint.js'
import type { LimitRule } from './admission/limits.js'
import { carriers } from './admission/steps/credential.js'
import { originForm } from './admission/steps/origin.js'
import { hostForm } from './admission/steps/well-formed.js'
import type { Role, User } from './admission/user.js'
import type { GateOptions } from './gate-options.js'
import type { Refusals } from './node/answer-in.js'
import { shown } from './admission/shown.js'

/** Every option there is; the compiler compares them with the type. */
const known: Readonly<Record<keyof GateOptions, true>> = {
  issuers: true, jwks: true, clockToleranceMs: true, lookupUser: true, userCache: true, carriers: true, cookieName: true, origins: true, requireOrigin: true,
  hosts: true, proxies: true, endpoints: true, memberships: true, limits: true, limitsStore: true, addressBudget: true, capacity: true, dryRun: true,
  ladder: true, neverBanned: true, sessions: true, refusals: true, dialect: true, deadlines: true, stores: true, allowList: true, decisions: true,
  events: true, blockingGuard: true, developmentUserId: true, refuseForwarded: true,
}
const refusals: Readonly<Record<Refusals, true>> = { auto: true, http: true, close: true, legacy: true }
const dialects: Readonly<Record<NonNullable<GateOptions['dialect']>, true>> = { 'plain': true, 'classic.v1': true, 'classic.v2': true }

/** What a value must be, in words, and whether it is. */
type Shape = readonly [must: string, holds: (value: unknown) => boolean]

const isText = (value: unknown): value is string => typeof value === 'string'
const isFunction = (value: unknown): boolean => typeof value === 'function'
const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
const isOrigin = (text: string): boolean => originForm.test(text) || (URL.canParse(text) && new URL(text).origin === text)
const oneOf = (words: readonly string[]): Shape => [`be one of ${words.join(', ')}`, (value) => isText(value) && words.includes(value)]
const listOf = (must: string, holds: (item: unknown) => boolean): Shape => [`be a list of ${must}`, (value) => Array.isArray(value) && value.every(holds)]
const having = (...methods: readonly string[]): Shape => [
  `have ${methods.join(', ')}`,
  (value) => isRecord(value) && methods.every((method) => isFunction(Reflect.get(value, method))),
]
const group: Shape = ['be an object', isRecord]
const flag: Shape = ['be true or false', (value) => typeof value === 'boolean']

const issuerList: Shape = listOf('issuers, such as [{ profile, algorithms, secret }]', isRecord)

const shapes = {
  issuers: issuerList,
  lookupUser: ['be a function that finds a user by his id', isFunction],
  carriers: [`be a list of at least one of ${carriers.join(', ')}`, (value) => Array.isArray(value) && value.length > 0 && value.every((item) => carriers.some((carrier) => carrier === item))],
  cookieName: ['be the name of a cookie', (value) => isText(value) && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value)],
  origins: listOf('origins as browsers send them, such as https://app.example, without a path', (item) => isText(item) && isOrigin(item)),
  requireOrigin: flag,
  hosts: listOf('host[:port] values, such as chat.example', (item) => isText(item) && hostForm.test(item)),
  endpoints: listOf('{ name, path }', (item) => isRecord(item) && isText(Reflect.get(item, 'name')) && isText(Reflect.get(item, 'path'))),
  memberships: having('mayEnter'),
  limitsStore: having('take', 'peek', 'release'),
  dryRun: listOf(dryRunRules.join(', '), (item) => dryRunRules.some((rule) => rule === item)),
  neverBanned: listOf('addresses and CIDR ranges', isText),
  refusals: oneOf(Object.keys(refusals)),
  dialect: oneOf(Object.keys(dialects)),
  allowList: having('holding'),
  blockingGuard: having('onBlocking'),
  stores: ['have bans, revocations and control', (value) => isRecord(value) && ['bans', 'revocations', 'control'].every((store) => isRecord(Reflect.get(value, store)))],
  events: group,
  developmentUserId: ['be the id of a user, a text', isText],
  refuseForwarded: flag,
} as const satisfies Partial<Record<keyof GateOptions, Shape>>

const limitRules: Readonly<Record<LimitRule, true>> = { userConnects: true, addressConnects: true, endpointConnects: true, userSockets: true, addressSockets: true, nodeSockets: true }

/** Lists among the settings: a text in place of one, or a word that is none of it, would be in force for nobody. */
const lists: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  proxies: { trustedProxies: listOf('addresses and CIDR ranges', isText) },
  limits: { dryRun: listOf(Object.keys(limitRules).join(', '), (item) => isText(item) && Object.hasOwn(limitRules, item)) },
}

const endpointMembers: Readonly<Record<keyof EndpointRule, true>> = { name: true, path: true, roles: true, parameters: true }
const roles: Readonly<Record<Role, true>> = { owner: true, admin: true, agent: true, customer: true }
const endpointLists: Readonly<Record<string, Shape>> = {
  roles: listOf(Object.keys(roles).join(', '), (item) => isText(item) && Object.hasOwn(roles, item)),
  parameters: listOf('names of query parameters', isText),
}

/** Every member of the options that are objects of settings. */
const members = {
  jwks: { refreshMs: true, staleMs: true, cooldownMs: true, unknownKidMs: true, fetchMs: true, waitMs: true },
  userCache: { entries: true, maxStaleMs: true },
  proxies: { trustedProxies: true, forwarding: true },
  limits: { userConnects: true, addressConnects: true, endpointConnects: true, userSockets: true, addressSockets: true, nodeSockets: true, dryRun: true },
  addressBudget: { capacity: true, refillPerSecond: true, maxKeys: true },
  capacity: { maxLoopDelayMs: true, maxInFlight: true, maxSockets: true, hysteresis: true },
  ladder: { mode: true, failures: true, windowMs: true, hours: true },
  sessions: { heartbeatMs: true, pongMs: true, graceMs: true, noticeMs: true, maxBacklogBytes: true },
  deadlines: { handshakeMs: true, tokenMs: true, allowListMs: true, userMs: true, topicMs: true, limitsMs: true },
} as const satisfies { readonly [name in keyof GateOptions]?: Readonly<Record<keyof Required<GateOptions>[name], true>> }

const required: readonly string[] = ['issuers', 'lookupUser']

/**
 * Checks that every option and every setting in it is one there is, and of the kind it must be: what is misspelt or of another kind would be passed over, or refuse everybody, without a word.
 *
 * @throws TypeError with the option, what it must be and its value.
 */
export const checkOptions = <U extends User>(options: GateOptions<U>): void => {
  if (!isRecord(options)) throw new TypeError(`Cannot create a gate as its options must be an object with "issuers" and "lookupUser": current value is ${shown(options)}`)
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name))
  if (unknown !== undefined) throw new TypeError(`Cannot create a gate as there is no option ${shown(unknown)}; there are ${Object.keys(known).join(', ')}`)
  for (const [name, [must, holds]] of Object.entries<Shape>(shapes)) {
    const value: unknown = Reflect.get(options, name)
    if (value === undefined ? required.includes(name) : !holds(value)) throw new TypeError(`Cannot create a gate as "${name}" must ${must}: current value is ${shownOf(name, value)}`)
  }
  for (const [name, settings] of Object.entries(members)) {
    const value: unknown = Reflect.get(options, name)
    checkMembers(name, value, settings)
    checkLists(name, value, lists[name] ?? {})
  }
  for (const [index, rule] of (options.endpoints ?? []).entries()) {
    // One with "role" in place of "roles" would be open to everybody.
    checkMembers(`endpoints[${String(index)}]`, rule, endpointMembers)
    checkLists(`endpoints[${String(index)}]`, rule, endpointLists)
  }
}

const checkLists = (name: string, settings: unknown, of: Readonly<Record<string, Shape>>): void => {
  if (!isRecord(settings)) return
  for (const [member, [must, holds]] of Object.entries(of)) {
    const value: unknown = Reflect.get(settings, member)
    if (value !== undefined && !holds(value)) throw new TypeError(`Cannot create a gate as "${name}.${member}" must ${must}: current value is ${shown(value)}`)
  }
}

/** A setting that is misspelt would leave the default in force. */
const checkMembers = (name: string, value: unknown, settings: object): void => {
  if (value === undefined) return
  if (!isRecord(value)) throw new TypeError(`Cannot create a gate as "${name}" must be an object: current value is ${shown(value)}`)
  const unknown = Object.keys(value).find((member) => !Object.hasOwn(settings, member))
  if (unknown !== undefined) throw new TypeError(`Cannot create a gate as there is no option ${shown(`${name}.${unknown}`)}; there are ${Object.keys(settings).join(', ')}`)
}

/**
 * Checks what is to come in the place of the issuers of a gate, as far as the options of one are checked.
 *
 * @throws TypeError that names the argument, and no value: it may be a secret.
 */
export const checkNewIssuers = (issuers: unknown): void => {
  const [must, holds] = issuerList
  if (!holds(issuers)) throw new TypeError(`Cannot replace the issuers as "issuers" must ${must}: current value is ${shownOf('issuers', issuers)}`)
}

/** Issuers hold secrets. */
const shownOf = (name: string, value: unknown): string => (name === 'issuers' && value !== undefined ? 'of another kind' : shown(value))
