import type { Conversations } from '../../conversation/conversations.js'
import type { MessagesPage } from '../../conversation/message-asks.js'
import type { LogPosition, WorkspaceEvent } from '../../conversation/log.js'
import type { Member } from '../../conversation/records.js'
import type { WorkspaceImports } from '../../conversation/workspace-import.js'
import {
  conversationColumns, conversationFrom, customerColumns, customerFrom, fromMicros, inboxRowFrom, messageColumns, messageFrom, selectInbox, tagFrom,
  type ConversationColumns, type CustomerColumns, type InboxColumns, type MessageColumns, type TagRow,
} from './conversation-rows.js'
import type { SqliteEngine } from './engine.js'
import { conversationList, conversationListSearch, customerList, customerListSearch } from './list-statements.js'
import { customerRowsFrom, customersConversationsRead, customersRead, foundIds, inboxRead, type CustomersConversation } from './page-reads.js'
import { workspaceKey as keyOf } from './workspace-key.js'

interface Total {
  readonly total: number
}

interface WorkspaceColumns {
  readonly id: number
  readonly name: string
  readonly epoch: string
}

// No stored text holds U+0000, and binding refuses it: what is looked for under such a name does not exist.
const safe = (text: string): string => (text.includes('\0') ? '' : text)

const workspaceFrom = ({ id, name, epoch }: WorkspaceColumns) => ({ id: String(id), name, epoch })

const enteredWorkspace = `select w.id, w.name, k.log_epoch as epoch, wm.role
  from workspace_members wm
  join users wu on wu.id = wm.user_id and wu.active = 1
  join workspaces w on w.id = wm.workspace
  join workspace_counters k on k.workspace = w.id`

/** Keeps conversations in SQLite. Pages are read in one snapshot each: one statement for the rows and one for their number. */
export const createSqliteConversations = (engine: SqliteEngine): Conversations & WorkspaceImports => {
  const position = async (workspace: string): Promise<LogPosition | undefined> => {
    const [row] = await engine.read<LogPosition>(
      'admission',
      'select log_epoch as epoch, log_offset as offset from workspace_counters where workspace = ?',
      [keyOf(workspace)],
    )
    return row
  }

  return {
    async membershipsOf(userId) {
      const rows = await engine.read<WorkspaceColumns & { readonly role: Member['role'] }>(
        'admission',
        `${enteredWorkspace} where wm.user_id = ? and wm.active = 1 order by wm.created_at, w.id limit 100`,
        [safe(userId)],
      )
      return rows.map((row) => ({ workspace: workspaceFrom(row), member: { userId, workspace: String(row.id), role: row.role } }))
    },

    async workspaceOf(userId, conversation) {
      const [row] = await engine.read<WorkspaceColumns>(
        'admission',
        `${enteredWorkspace} join conversations c on c.workspace = w.id where c.id = ? and wm.user_id = ? and wm.active = 1`,
        [safe(conversation), safe(userId)],
      )
      return row === undefined ? undefined : workspaceFrom(row)
    },

    async conversations(ask) {
      const { order, asker = `workspace ${ask.workspace}` } = ask
      const workspace = keyOf(ask.workspace)
      const reader = safe(ask.reader)
      const search = conversationListSearch(workspace, ask)
      if (search !== undefined) {
        const found = await engine.search<[InboxColumns]>(search, [inboxRead(foundIds, order, { reader })], undefined, asker)
        return { rows: found.rows[0].map(inboxRowFrom), total: found.total }
      }
      const list = conversationList(workspace, ask)
      const read = inboxRead(list.page, order, { ...list.params, reader })
      const [totals, rows] = await engine.snapshot<[Total, InboxColumns]>('lists', [list.total, read], undefined, asker)
      return { rows: rows.map(inboxRowFrom), total: totals[0]?.total ?? 0 }
    },

    async conversation(workspace, conversation, reader) {
      const [row] = await engine.read<InboxColumns>('lists', `${selectInbox} where c.workspace = :workspace and c.id = :conversation`, {
        workspace: keyOf(workspace),
        conversation: safe(conversation),
        reader: safe(reader),
      })
      return row === undefined ? undefined : inboxRowFrom(row)
    },

    async customers(ask) {
      const { order, asker = `workspace ${ask.workspace}` } = ask
      const workspace = keyOf(ask.workspace)
      const search = customerListSearch(workspace, ask)
      if (search !== undefined) {
        const reads = [customersRead(foundIds, order, {}), customersConversationsRead(foundIds, { workspace })] as const
        const found = await engine.search<[CustomerColumns, CustomersConversation]>(search, reads, undefined, asker)
        return { rows: customerRowsFrom(...found.rows), total: found.total }
      }
      const { page, params, total } = customerList(workspace, ask)
      const reads = [total, customersRead(page, order, params), customersConversationsRead(page, params)] as const
      const [totals, ...rows] = await engine.snapshot<[Total, CustomerColumns, CustomersConversation]>('lists', reads, undefined, asker)
      return { rows: customerRowsFrom(...rows), total: totals[0]?.total ?? 0 }
    },

    async messages({ workspace, conversation, offset, limit, before, after }): Promise<MessagesPage> {
      const key = { workspace: keyOf(workspace), conversation: safe(conversation) }
      const bounds = `${before === undefined ? '' : 'and m.seq < :before'} ${after === undefined ? '' : 'and m.seq > :after'}`
      const params = { ...key, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }), limit, offset }
      const [heads, rows] = await engine.snapshot<[ConversationColumns & CustomerColumns, MessageColumns]>('lists', [
        {
          sql: `select ${conversationColumns}, ${customerColumns} from conversations c join customers u on u.id = c.customer
                where c.workspace = :workspace and c.id = :conversation`,
          params: key,
        },
        {
          sql: `select ${messageColumns} from conversations c join messages m on m.conversation = c.id
                where c.workspace = :workspace and c.id = :conversation ${bounds}
                order by m.seq ${after === undefined ? 'desc' : 'asc'} limit :limit offset :offset`,
          params,
        },
      ])
      const [head] = heads
      if (head === undefined) return { rows: [], total: 0, conversation: undefined, customer: undefined }
      const messages = rows.map(messageFrom)
      return {
        rows: after === undefined ? messages.toReversed() : messages,
        // Numbers have no gaps and nothing is deleted, so the last one is how many there are.
        total: head.c_last_seq,
        conversation: conversationFrom(head),
        customer: customerFrom(head),
      }
    },

    async filterValues(workspace) {
      const params = [keyOf(workspace)]
      const distinct = (column: string, table: string) => ({
        sql: `select distinct ${column} as value from ${table} where workspace = ? and count > 0 order by value limit 100`,
        params,
      })
      const [statuses, conversationSources, customerSources, priorities, tags] = await engine.snapshot<
        [{ value: 'active' | 'support_active' | 'marketing_active' | 'closed' }, { value: string }, { value: string }, { value: number }, TagRow]
      >('lists', [
        distinct('status', 'conversation_totals'),
        distinct('source', 'conversation_totals'),
        distinct('source', 'customer_totals'),
        distinct('priority', 'conversation_totals'),
        { sql: 'select id, name, created_at, created_by from tags where workspace = ? order by name, id limit 1000', params },
      ])
      return {
        statuses: statuses.map(({ value }) => value),
        conversationSources: conversationSources.map(({ value }) => value),
        customerSources: customerSources.map(({ value }) => value),
        priorities: priorities.map(({ value }) => value),
        tags: tags.map(tagFrom),
      }
    },

    position,

    async since(workspace, offset, limit) {
      const key = keyOf(workspace)
      const [positions, rows] = await engine.snapshot<[LogPosition, { offset: number; at: number; payload: string }]>('lists', [
        { sql: 'select log_epoch as epoch, log_offset as offset from workspace_counters where workspace = ?', params: [key] },
        // One more than asked for tells that there are too many.
        { sql: 'select offset, at, payload from workspace_log where workspace = ? and offset > ? order by offset limit ?', params: [key, offset, limit + 1] },
      ])
      const [at] = positions
      if (at === undefined) return undefined
      const whole = offset <= at.offset && rows.length <= limit && rows.length === at.offset - offset
      return { position: at, events: whole ? rows.map((row) => eventFrom(workspace, row)) : undefined }
    },

    send: (message) => engine.write('sendMessage', { ...message, workspace: keyOf(message.workspace) }),
    receive: (message) => engine.write('receiveMessage', { ...message, workspace: keyOf(message.workspace) }),
    markRead: (ask) => engine.write('markRead', { ...ask, workspace: keyOf(ask.workspace) }),
    markAnswered: (ask) => engine.write('markAnswered', { ...ask, workspace: keyOf(ask.workspace) }),
    giveFeedback: (ask) => engine.write('giveFeedback', { ...ask, workspace: keyOf(ask.workspace) }),
    update: (ask) => engine.write('updateConversation', { ...ask, workspace: keyOf(ask.workspace) }),
    updateCustomer: (ask) => engine.write('updateCustomer', { ...ask, workspace: keyOf(ask.workspace) }),
    deleteConversation: (ask) => engine.write('deleteConversation', { ...ask, workspace: keyOf(ask.workspace) }),
    deleteCustomer: (ask) => engine.write('deleteCustomer', { ...ask, workspace: keyOf(ask.workspace) }),

    importWorkspace: (workspace) => engine.write('importWorkspace', workspace, Date.now() + importDeadlineMs),
  }
}

/** A workspace is one transaction, however large. */
const importDeadlineMs = 10 * 60_000

const eventFrom = (workspace: string, row: { readonly offset: number; readonly at: number; readonly payload: string }): WorkspaceEvent => {
  // The log holds what `conversations-log.ts` wrote; what was undefined is missing there, which reads the same.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the log holds what our own procedure wrote
  const change = JSON.parse(row.payload) as WorkspaceEvent['change']
  return { workspace, offset: row.offset, at: fromMicros(row.at), change }
}
