import type { TableMapping, TableNames } from './old-tables.js'

const quoted = (name: string): string => name.split('.').map((part) => `"${part.replaceAll('"', '""')}"`).join('.')

const times: readonly string[] = ['created_at', 'updated_at', 'feedback_at']

/** Epoch microseconds as text; what is no number of them, such as infinity, as the word it is. */
const micros = (time: string): string => `case when isfinite(${time}) then round(extract(epoch from ${time}) * 1000000)::bigint::text else ${time}::text end`

/** A column under the name Django gave it: times as microseconds, JSON as its text, NULL where it is left out. */
const selected = (alias: string, names: TableNames, column: string): string => {
  const to = names.columns.get(column)
  if (to === undefined) return `null as ${column}`
  const from = `${alias}.${quoted(to)}`
  if (times.includes(column)) return `${micros(from)} as ${column}`
  return column === 'data' ? `${from}::text as data` : `${from} as ${column}`
}

const all = (alias: string, names: TableNames, columns: readonly string[]): string => columns.map((column) => selected(alias, names, column)).join(', ')

export interface Statements {
  readonly users: string
  readonly tags: string | undefined
  readonly customers: string
  readonly conversations: string
  readonly messages: string
  readonly totals: string
  /** Answers no rows, only which columns there are. */
  readonly shape: (names: TableNames) => string
}

/** The statements that read the old tables, each by key in batches: the first parameter is the user, the last the number of rows. */
export const oldStatements = (mapping: TableMapping): Statements => {
  const { users, customers, tags, customer_tags: customerTags, conversations, messages } = mapping
  const column = (alias: string, names: TableNames | undefined, name: string): string => `${alias}.${quoted(names?.columns.get(name) ?? name)}`
  const from = (names: TableNames, alias: string): string => `${quoted(names.name)} ${alias}`
  const [userId, customerId, conversationId, messageId] = [column('u', users, 'id'), column('c', customers, 'id'), column('v', conversations, 'id'), column('m', messages, 'id')]
  const [owner, whose] = [column('v', conversations, 'user_id'), column('v', conversations, 'customer_id')]
  const [within, sentAt] = [column('m', messages, 'conversation_id'), column('m', messages, 'created_at')]
  const tagged = tags !== undefined && customerTags !== undefined
  const tagName = column('t', tags, 'name')
  const tagAt = tags?.columns.has('created_at') === true ? micros(`min(${column('t', tags, 'created_at')})`) : 'null'
  const own = tags?.columns.has('created_by_id') === true ? `${column('t', tags, 'created_by_id')} = $1` : 'false'
  const tagJoin = tagged ? `${from(customerTags, 'x')} join ${from(tags, 't')} on ${column('t', tags, 'id')} = ${column('x', customerTags, 'tag_id')}` : ''

  return {
    users: `select ${all('u', users, ['id', 'email', 'username', 'first_name', 'last_name', 'is_active', 'created_at'])}
      from ${from(users, 'u')} where ${userId} >= $1 order by ${userId} limit $2`,
    tags: tagged
      ? `select ${tagName} as name, coalesce(bool_or(${own}), false) as own, ${tagAt} as created_at from ${from(tags, 't')}
         where ($2::text is null or ${tagName} > $2) and (${own} or exists (
           select 1 from ${from(customerTags, 'x')} join ${from(conversations, 'v')} on ${whose} = ${column('x', customerTags, 'customer_id')}
           where ${column('x', customerTags, 'tag_id')} = ${column('t', tags, 'id')} and ${owner} = $1))
         group by ${tagName} order by ${tagName} limit $3`
      : undefined,
    customers: `select ${all('c', customers, [
      'id', 'first_name', 'last_name', 'username', 'email', 'phone_number', 'description', 'profile_picture', 'source', 'source_id', 'data',
      'created_at', 'updated_at',
    ])}, ${tagged ? `(select array_agg(distinct ${tagName}::text) from ${tagJoin} where ${column('x', customerTags, 'customer_id')} = ${customerId})` : 'null'} as tags
      from ${from(customers, 'c')} where ${customerId} in (
        select distinct ${whose} from ${from(conversations, 'v')} where ${owner} = $1 and ${whose} > $2 order by ${whose} limit $3)
      order by ${customerId}`,
    conversations: `select ${all('v', conversations, ['id', 'customer_id', 'title', 'status', 'is_active', 'source', 'priority', 'created_at', 'updated_at'])}
      from ${from(conversations, 'v')} where ${owner} = $1 and ${conversationId} > $2 order by ${conversationId} limit $3`,
    messages: `select ${all('m', messages, [
      'id', 'conversation_id', 'type', 'content', 'is_answered', 'message_type', 'media_file', 'media_url', 'transcription', 'processing_status',
      'feedback', 'feedback_comment', 'feedback_at', 'created_at',
    ])}, ${sentAt}::text as sent_at
      from ${from(messages, 'm')} join ${from(conversations, 'v')} on ${conversationId} = ${within}
      where ${owner} = $1 and ${within} >= $2 and ($3::text is null or (${within}, ${sentAt}, ${messageId}) > ($2, $3::text::timestamptz, $4))
      order by ${within}, ${sentAt}, ${messageId} limit $5`,
    totals: `select (select count(*) from ${from(users, 'u')}) as users,
      (select count(*) from (select distinct ${owner}, ${whose} from ${from(conversations, 'v')} where ${owner} is not null) pairs) as customers,
      (select count(*) from ${from(conversations, 'v')}) as conversations, (select count(*) from ${from(messages, 'm')}) as messages`,
    shape: (names) => `select * from ${quoted(names.name)} limit 0`,
  }
}
