import { searchText } from '../../conversation/search-text.js'
import type { Way } from './list-search.js'
import type { SqlValue } from './sql-value.js'

/** How a search finds candidates, and how a candidate is compared with what is looked for. Needs `:workspace`. */
export interface Search {
  /** A select of one column: every candidate, perhaps more than once. */
  readonly found: string
  /** The way that is always taken, or a select of what the index alone finds, by which the way is chosen. */
  readonly way: Way | { readonly indexed: string; readonly totals: string }
  /** Answers the `id` of those of `:candidates` that hold it, in their order. */
  readonly matches: string
  readonly params: Readonly<Record<string, SqlValue>>
}

/** Conversations, newest change first, in which a word of one or two letters is looked for: the index has no pieces so short. */
export const recentConversations = 700

/** Pieces of a long text that are asked for; the comparison does the rest. */
const maxPieces = 16

/** A question for the index: three-letter pieces of a text, spread over it, `undefined` when it is too short for one. */
const piecesOf = (text: string): string | undefined => {
  const letters = Array.from(text)
  if (letters.length < 3) return undefined
  const all = [...new Set(letters.slice(0, -2).map((_, index) => letters.slice(index, index + 3).join('')))]
  const every = Math.ceil(all.length / maxPieces)
  return all.filter((_, index) => index % every === 0).map((piece) => `"${piece.replaceAll('"', '""')}"`).join(' AND ')
}

// Both texts are in the form of `searchText`, so that no `like` with its rules for case and patterns is needed.
const holds = (column: string): string => `instr(${column}, :search) > 0`

// The row numbers of one workspace, see the migration 0002.
const ownRows = 'rowid between :workspace << 32 and (:workspace << 32) + 4294967295'

const conversationsIndexed = `select rowid from conversation_search where conversation_search match :pieces and ${ownRows}`
const customersIndexed = `select rowid & 4294967295 from customer_search where customer_search match :pieces and ${ownRows}`

const conversationsFound = `${conversationsIndexed}
  union all select number from search_pending where workspace = :workspace and ${holds('text')}
  union all select number from conversations indexed by conversations_by_customer where workspace = :workspace and customer in (${customersIndexed})`

const conversationsChanged = `select number from (select number from conversations indexed by conversations_by_updated
  where workspace = :workspace order by updated_at desc, id desc limit ${String(recentConversations)})`

// The phone number is the last line of a customer's text, and lists of conversations don't look for it.
const withoutPhone = `case when coalesce(s.phone_number, '') = '' then s.search_text else rtrim(s.search_text, replace(s.search_text, char(10), '')) end`

const matchingConversations = `select v.id as id
  from json_each(:candidates) j cross join conversations v on v.rowid = j.value cross join customers s on s.id = v.customer
  where ${holds('v.search_text')} or ${holds(withoutPhone)} or exists (select 1 from messages m where m.conversation = v.id and ${holds('m.search_text')})
  order by j.key`

const matchingCustomers = `select s.id as id from json_each(:candidates) j cross join customers s on s.id = j.value
  where ${holds('s.search_text')} order by j.key`

/** What a list of conversations looks for, `undefined` when nothing is left of it in the form in which texts are searched. */
export const conversationSearch = (wanted: string | undefined): Search | undefined => {
  const search = searchText(wanted ?? '')
  if (search === '') return undefined
  const pieces = piecesOf(search)
  return pieces === undefined
    ? { found: conversationsChanged, way: 'few', matches: matchingConversations, params: { search } }
    : {
        found: conversationsFound, way: { indexed: conversationsIndexed, totals: 'conversation_totals' }, matches: matchingConversations,
        params: { search, pieces },
      }
}

/** What a list of customers looks for; words of one or two letters go through the workspace's customers in the order of the list. */
export const customerSearch = (wanted: string | undefined): Search | undefined => {
  const search = searchText(wanted ?? '')
  if (search === '') return undefined
  const pieces = piecesOf(search)
  return pieces === undefined
    ? { found: 'select id from customers where workspace = :workspace', way: 'most', matches: matchingCustomers, params: { search } }
    : {
        found: customersIndexed, way: { indexed: customersIndexed, totals: 'customer_totals' }, matches: matchingCustomers,
        params: { search, pieces },
      }
}
