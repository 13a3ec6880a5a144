import { z } from 'zod'
import type { Command, CommandId, CommandType } from './command.js'
import { looksLikeToken } from './looks-like-token.js'
import type { ReplyCode } from './reply.js'

/** What was wrong with a message; becomes an error reply. */
export interface CommandFault {
  /** `undefined` when the message held no usable id. */
  readonly re: CommandId | undefined
  readonly code: Extract<ReplyCode, 'invalid_json' | 'invalid_command' | 'unknown_command'>
  readonly message: string
}

export type ParsedCommand = { readonly ok: true; readonly command: Command } | { readonly ok: false; readonly fault: CommandFault }

/** Largest number of characters of one message; what agents and customers write. */
export const maxContentCharacters = 10_000

/** Rows of a page at most. */
export const maxPageSize = 100

const idRule = 'must be 1 to 64 letters, digits or _'
const topicRule = 'must be conversations, customers or conversation:<id>'

const id = z.union([z.string().min(1).max(64), z.int()])
const reference = z.string().regex(/^\w{1,64}$/u, idRule)
const count = z.int().min(0)
const limit = z.int().min(1).max(maxPageSize).optional()
const cursor = z.string().min(1).max(4_096).optional()
const word = z.string().min(1).max(100)
const search = z.string().max(200).optional()
const status = z.enum(['active', 'support_active', 'marketing_active', 'closed'])
const topic = z.union([z.literal('conversations'), z.literal('customers'), z.templateLiteral(['conversation:', z.string().regex(/^\w{1,64}$/u)])], topicRule)

const conversationsFilter = z.strictObject({
  search,
  status: status.optional(),
  source: word.optional(),
  priority: count.optional(),
  assignee: word.optional(),
  tags: z.array(word).max(50).optional(),
  unanswered: z.literal(true).optional(),
  createdFrom: z.int().optional(),
  createdBefore: z.int().optional(),
})

const conversationsOrder = z.strictObject({ by: z.enum(['createdAt', 'updatedAt', 'title', 'status', 'priority']), descending: z.boolean() })
const customersOrder = z.strictObject({ by: z.enum(['createdAt', 'updatedAt', 'firstName']), descending: z.boolean() })

const customersFilter = z.strictObject({
  search,
  source: word.optional(),
  tags: z.array(word).max(50).optional(),
  unanswered: z.boolean().optional(),
  createdFrom: z.int().optional(),
  createdBefore: z.int().optional(),
})

// Fields nobody knows are left out, so that a newer client can speak to an older server; filters are strict, because an ignored condition
// would show rows the client did not ask for.
const shapes = {
  'authenticate': z.object({ id, type: z.literal('authenticate'), token: z.string().min(1).max(16_384) }),
  'subscribe': z.object({
    id,
    type: z.literal('subscribe'),
    topic,
    since: z.object({ epoch: z.string().min(1).max(64), offset: count }).optional(),
  }),
  'unsubscribe': z.object({ id, type: z.literal('unsubscribe'), topic }),
  'conversations.list': z.object({ id, type: z.literal('conversations.list'), filter: conversationsFilter.optional(), order: conversationsOrder.optional(), limit, cursor }),
  'customers.list': z.object({ id, type: z.literal('customers.list'), filter: customersFilter.optional(), order: customersOrder.optional(), limit, cursor }),
  'messages.list': z.object({
    id,
    type: z.literal('messages.list'),
    conversation: reference,
    limit,
    before: count.optional(),
    after: count.optional(),
  }),
  'message.send': z.object({
    id,
    type: z.literal('message.send'),
    conversation: reference,
    key: z.string().regex(/^[\x21-\x7e]{1,64}$/u, 'must be 1 to 64 visible characters of ASCII, without blanks'),
    content: z.string().max(maxContentCharacters).regex(/\S/u, 'must hold more than white space'),
    after: count.optional(),
  }),
  'conversation.read': z.object({ id, type: z.literal('conversation.read'), conversation: reference, upTo: count }),
  'conversation.update': z.object({
    id,
    type: z.literal('conversation.update'),
    conversation: reference,
    status: status.optional(),
    priority: z.int().min(0).max(32_767).optional(),
    assignee: word.nullable().optional(),
    tags: z.array(word).max(50).optional(),
  }),
  'conversation.claim': z.object({ id, type: z.literal('conversation.claim'), conversation: reference }),
  'conversation.release': z.object({ id, type: z.literal('conversation.release'), conversation: reference }),
  'message.feedback': z.object({
    id,
    type: z.literal('message.feedback'),
    message: reference,
    feedback: z.enum(['none', 'positive', 'negative']),
    comment: z.string().max(500).optional(),
  }),
  'typing': z.object({ id, type: z.literal('typing'), conversation: reference, active: z.boolean() }),
  'presence.watch': z.object({ id, type: z.literal('presence.watch'), ids: z.array(word).max(500) }),
} as const satisfies Record<CommandType, z.ZodType<Command>>

const isCommandType = (type: string): type is CommandType => Object.hasOwn(shapes, type)

const fault = (re: CommandId | undefined, code: CommandFault['code'], message: string): ParsedCommand => ({ ok: false, fault: { re, code, message } })

/**
 * Reads one message of a `sallyport.v1` client.
 *
 * @param text - At most one frame; nesting does not matter, because nothing that is not expected is walked into.
 * @returns The command, or what to answer instead. Never throws.
 */
export const parseCommand = (text: string): ParsedCommand => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fault(undefined, 'invalid_json', 'The message is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fault(undefined, 'invalid_json', 'The message is not a JSON object')
  const parsedId = id.safeParse(field(value, 'id'))
  if (!parsedId.success) return fault(undefined, 'invalid_command', '"id" must be text of 1 to 64 characters or a safe integer')
  const re = parsedId.data
  const type = field(value, 'type')
  if (typeof type !== 'string' || type.length === 0 || type.length > 64) return fault(re, 'invalid_command', '"type" must be text of 1 to 64 characters')
  if (!isCommandType(type)) return fault(re, 'unknown_command', /^[\w.-]+$/.test(type) && !looksLikeToken(type) ? `There is no command ${type}` : 'There is no command of this type')
  const parsed = shapes[type].safeParse(value, { reportInput: true })
  if (parsed.success) return { ok: true, command: parsed.data }
  const [issue] = parsed.error.issues
  return fault(re, 'invalid_command', issue === undefined ? 'A field of the command is wrong' : wrongField(issue.path.map(String).join('.'), ruleOf(issue), valueOf(issue)))
}

/** Says which field of a command is wrong, what it must be, and what it is. */
export const wrongField = (path: string, rule: string, value?: string): string => `"${path}" is missing or wrong: ${rule}${value === undefined ? '' : `: current value is ${value}`}`

/** Names the members nobody knows, but only where they look like names: what was sent as one may be a token. */
const ruleOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'unrecognized_keys' && !issue.keys.every((name) => /^\w{1,40}$/.test(name)) ? 'a member of it is not known' : issue.message.slice(0, 200)

/** Fields that hold no secret and no words of a person. */
const shown: ReadonlySet<PropertyKey> = new Set([
  'topic', 'offset', 'limit', 'before', 'after', 'upTo', 'status', 'priority', 'unanswered', 'createdFrom', 'createdBefore', 'by', 'descending', 'feedback', 'active',
])

const maxShown = 64

/** What was sent, where it may be repeated and is short. Somebody may have sent a token in its place. */
const valueOf = ({ path, input }: z.core.$ZodIssue): string | undefined => {
  if (!shown.has(path.at(-1) ?? '')) return undefined
  if (typeof input === 'number' || typeof input === 'boolean' || input === null) return String(input)
  if (typeof input !== 'string' || looksLikeToken(input)) return undefined
  return JSON.stringify(input.length > maxShown ? `${input.slice(0, maxShown)}…` : input)
}

const field = (value: object, name: string): unknown => (Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined)
