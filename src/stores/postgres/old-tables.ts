import { z } from 'zod'

const table = (name: string, required: readonly string[], optional: readonly string[]) => ({ name, required, columns: [...required, ...optional] })

/** The tables of the old service, and their columns by the names Django gave them. */
const oldTables = {
  users: table('accounts_user', ['id', 'email', 'is_active'], ['username', 'first_name', 'last_name', 'created_at']),
  customers: table(
    'message_customer',
    ['id', 'created_at', 'updated_at'],
    ['first_name', 'last_name', 'username', 'email', 'phone_number', 'description', 'profile_picture', 'source', 'source_id', 'data'],
  ),
  tags: table('message_tag', ['id', 'name'], ['created_by_id', 'created_at']),
  customer_tags: table('message_customer_tag', ['customer_id', 'tag_id'], []),
  conversations: table(
    'message_conversation',
    ['id', 'user_id', 'customer_id', 'created_at', 'updated_at'],
    ['title', 'status', 'is_active', 'source', 'priority'],
  ),
  messages: table(
    'message_message',
    ['id', 'conversation_id', 'type', 'content', 'created_at'],
    ['is_answered', 'message_type', 'media_file', 'media_url', 'transcription', 'processing_status', 'feedback', 'feedback_comment', 'feedback_at'],
  ),
}

export type OldTable = keyof typeof oldTables

/** What a table is called, and its columns by Django's names; those that are left out are missing. */
export interface TableNames {
  readonly name: string
  readonly columns: ReadonlyMap<string, string>
}

/** Tags may be left out, the others not. */
export type TableMapping = Readonly<Record<Exclude<OldTable, 'tags' | 'customer_tags'>, TableNames>> & {
  readonly tags: TableNames | undefined
  readonly customer_tags: TableNames | undefined
}

/** The file of names cannot be used; the message says which name and why. */
export class UnfitMapping extends Error {
  readonly code = 'ERR_TABLE_MAPPING'
  override readonly name = 'UnfitMapping'
}

const given = z.strictObject({ table: z.string().min(1).optional(), columns: z.record(z.string(), z.string().min(1).nullable()).optional() })
const file = z.strictObject({
  users: given.optional(),
  customers: given.optional(),
  tags: given.nullable().optional(),
  customer_tags: given.nullable().optional(),
  conversations: given.optional(),
  messages: given.optional(),
})

const namesOf = (key: OldTable, names: z.infer<typeof given> = {}): TableNames => {
  const { name, required, columns } = oldTables[key]
  const own = new Map(Object.entries(names.columns ?? {}))
  for (const [column, to] of own) {
    if (!columns.includes(column)) throw new UnfitMapping(`Cannot use the names of tables: "${key}" has no column "${column}"; there are ${columns.join(', ')}`)
    if (to === null && required.includes(column)) throw new UnfitMapping(`Cannot use the names of tables: "${column}" of "${key}" cannot be left out`)
  }
  const kept = columns.flatMap((column): readonly (readonly [string, string])[] => {
    const to = own.get(column)
    return to === null ? [] : [[column, to ?? column]]
  })
  return { name: names.table ?? name, columns: new Map(kept) }
}

/**
 * Reads names of tables and columns, such as `{ "users": { "table": "auth_user", "columns": { "created_at": "date_joined" } }, "tags": null }`.
 *
 * @throws UnfitMapping
 */
export const tableMapping = (value: unknown): TableMapping => {
  const parsed = file.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new UnfitMapping(`Cannot use the names of tables: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'it does not fit'}`)
  }
  const { users, customers, tags, customer_tags: customerTags, conversations, messages } = parsed.data
  const tagged = tags !== null && customerTags !== null
  return {
    users: namesOf('users', users),
    customers: namesOf('customers', customers),
    tags: tagged ? namesOf('tags', tags) : undefined,
    customer_tags: tagged ? namesOf('customer_tags', customerTags) : undefined,
    conversations: namesOf('conversations', conversations),
    messages: namesOf('messages', messages),
  }
}
