import type { Conversations } from '../conversation/conversations.js'
import { conversationPlace, customerPlace, type Beside, type FilterValues, type Place, type Slice } from '../conversation/lists.js'
import type { ClassicTask } from './classic-options.js'
import { conversationOptions, customerOptions } from './filter-options.js'
import { isBad, type BadFilter, type RawFilters } from './filter-value.js'
import { conversationFilter, customerFilter } from './filters.js'
import { listPush, type ListFrame, type ListPush } from './frames.js'
import { pagingOf, type Paging } from './pagination.js'
import { conversationItem, customerB } from './shapes.js'

/** Rows of a list socket's page when the client doesn't say. */
const listPageSize = 10

/** What one list socket looks at; it is remembered, so that a refresh shows the same view and not page 1 of everything. */
export interface ListView {
  /** Equal views of one workspace have equal keys. */
  readonly key: string
  /** As they are echoed. */
  readonly filters: RawFilters
  /** Pages of one size in one list have equal ones: the filters without page and offset. */
  readonly list: string
  readonly paging: Paging
  load(conversations: Conversations, ask: LoadAsk): Promise<LoadedList>
}

export interface LoadAsk {
  readonly workspace: string | undefined
  readonly at: number
  /** Key of an unasked refresh. */
  readonly name?: string
  /** The user whose turn it takes. */
  readonly asker?: string
  /** Of the page that is shown; without it the page is counted from the beginning of the list. */
  readonly beside?: Beside | undefined
}

export interface LoadedList {
  readonly push: ListPush
  /** Rows of the whole list. */
  readonly total: number
  /** Where the first and the last row that went out stand; none of an empty page. */
  readonly first: Place | undefined
  readonly last: Place | undefined
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

interface Rows {
  readonly items: readonly object[]
  readonly places: readonly Place[]
  readonly total: number
}

interface RowsAsk extends Slice, Beside {
  readonly workspace: string
  readonly asker: string | undefined
}

type LoadRows = (conversations: Conversations, ask: RowsAsk) => Promise<Rows>

const none: Rows = { items: [], places: [], total: 0 }

const viewOf = (filters: RawFilters, names: Pick<ListFrame, 'type' | 'name'>, load: LoadRows): ListView => {
  const paging = pagingOf(filters, listPageSize)
  const { offset, pageSize } = paging
  return {
    key: JSON.stringify(filters),
    filters,
    list: JSON.stringify({ ...filters, page: undefined, offset: undefined, limit: undefined, page_size: pageSize }),
    paging,
    load: async (conversations, { workspace, at, name, asker, beside }) => {
      // Beside a page it is the row after the last one that tells whether there is more: rows may have moved since that page was counted.
      const slice = beside === undefined ? { offset, limit: pageSize } : { offset: 0, limit: pageSize + (beside.following === undefined ? 0 : 1), ...beside }
      // A user without a workspace has an empty inbox, not a broken one.
      const rows = workspace === undefined ? none : await load(conversations, { workspace, asker, ...slice })
      const items = rows.items.slice(0, pageSize)
      const more = beside === undefined ? undefined : beside.preceding !== undefined || rows.items.length > items.length
      const count = more === undefined || items.length === 0 ? rows.total : Math.max(rows.total, offset + items.length + (more ? 1 : 0))
      const push = listPush({ items, count, more, paging, filters, at, ...names }, false, name)
      return { push, total: count, first: rows.places[0], last: rows.places[push.rows - 1] }
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
    return viewOf(filters, { type: 'conversations_list', name: 'conversations' }, async (conversations, ask) => {
      const { rows, total } = await conversations.conversations({ reader: '', ...ask, ...understood })
      return { items: rows.map(conversationItem), places: rows.map(({ conversation }) => conversationPlace(understood.order, conversation)), total }
    })
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
    return viewOf(filters, { type: 'customers_list', name: 'customers' }, async (conversations, ask) => {
      const { rows, total } = await conversations.customers({ ...ask, ...understood })
      return { items: rows.map(customerB), places: rows.map(({ customer }) => customerPlace(understood.order, customer)), total }
    })
  },
}
