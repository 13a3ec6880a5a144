import type { Conversations } from '../conversation/conversations.js'
import type { FilterValues } from '../conversation/lists.js'
import type { ClassicTask } from './classic-options.js'
import { conversationOptions, customerOptions } from './filter-options.js'
import { isBad, type BadFilter, type RawFilters } from './filter-value.js'
import { conversationFilter, customerFilter } from './filters.js'
import { listPush, type ListFrame, type ListPush } from './frames.js'
import { pagingOf, type Paging } from './pagination.js'
import { conversationItem, customerB } from './shapes.js'

/** Rows of a list socket's page when the client doesn't say. */
export const listPageSize = 10

/** What one list socket looks at; it is remembered, so that a refresh shows the same view and not page 1 of everything. */
export interface ListView {
  /** Equal views of one workspace have equal keys. */
  readonly key: string
  /** As they are echoed. */
  readonly filters: RawFilters
  readonly page: number
  /** Loads it. `name` is the key of an unasked refresh, `asker` the user whose turn it takes. */
  load(conversations: Conversations, workspace: string | undefined, at: number, name?: string, asker?: string): Promise<{ readonly push: ListPush; readonly total: number }>
}

/** What distinguishes the two list sockets. */
export interface ListKind {
  readonly label: string
  /** Answered alike: the view asked for. The first is the default type. */
  readonly listTypes: readonly [string, ...string[]]
  readonly searchType: string
  readonly optionsType: string
  readonly name: 'conversations' | 'customers'
  readonly failed: string
  readonly optionsFailed: string
  readonly optionsTask: ClassicTask
  options(values: FilterValues, at: number): object
  view(filters: RawFilters): ListView | BadFilter
}

type Loaded = Pick<ListFrame, 'type' | 'name' | 'items' | 'count'>

const viewOf = (filters: RawFilters, load: (conversations: Conversations, workspace: string, paging: Paging, asker: string | undefined) => Promise<Loaded>, empty: Loaded): ListView => {
  const paging = pagingOf(filters, listPageSize)
  return {
    key: JSON.stringify(filters),
    filters,
    page: paging.page,
    load: async (conversations, workspace, at, name, asker) => {
      // A user without a workspace has an empty inbox, not a broken one.
      const loaded = workspace === undefined ? empty : await load(conversations, workspace, paging, asker)
      return { push: listPush({ ...loaded, paging, filters, at }, false, name), total: loaded.count }
    },
  }
}

export const conversationsList: ListKind = {
  label: 'Conversation List',
  listTypes: ['get_conversations', 'refresh_conversations', 'filter_conversations'],
  searchType: 'search_conversations',
  optionsType: 'get_conversation_filter_options',
  name: 'conversations',
  failed: 'Failed to load conversations',
  optionsFailed: 'Failed to load conversation filter options',
  optionsTask: 'getting conversation filter options',
  options: conversationOptions,
  view: (filters) => {
    const understood = conversationFilter(filters)
    if (isBad(understood)) return understood
    const load = async (conversations: Conversations, workspace: string, { offset, pageSize }: Paging, asker: string | undefined): Promise<Loaded> => {
      const { rows, total } = await conversations.conversations({ workspace, asker, reader: '', ...understood, offset, limit: pageSize })
      return { type: 'conversations_list', name: 'conversations', items: rows.map(conversationItem), count: total }
    }
    return viewOf(filters, load, { type: 'conversations_list', name: 'conversations', items: [], count: 0 })
  },
}

export const customersList: ListKind = {
  label: 'Customer List',
  listTypes: ['get_customers', 'refresh_customers', 'filter_customers'],
  searchType: 'search_customers',
  optionsType: 'get_filter_options',
  name: 'customers',
  failed: 'Failed to load customers',
  optionsFailed: 'Failed to load filter options',
  optionsTask: 'getting filter options',
  options: customerOptions,
  view: (filters) => {
    const understood = customerFilter(filters)
    if (isBad(understood)) return understood
    const load = async (conversations: Conversations, workspace: string, { offset, pageSize }: Paging, asker: string | undefined): Promise<Loaded> => {
      const { rows, total } = await conversations.customers({ workspace, asker, ...understood, offset, limit: pageSize })
      return { type: 'customers_list', name: 'customers', items: rows.map(customerB), count: total }
    }
    return viewOf(filters, load, { type: 'customers_list', name: 'customers', items: [], count: 0 })
  },
}
