import { searchText } from '../../conversation/search-text.js'
import type { SqlValue } from './sql-value.js'

/** How a search finds candidates, and how a candidate is compared with what is looked for. Needs `:workspace`. */
export interface Search {
  /** A select of one column. */
  readonly candidates: string
  /** A condition on the row whose key is the SQL expression `id`. */
  readonly matches: (id: string) => string
  readonly params: Readonly<Record<string, SqlValue>>
}

/** Conversations, newest change first, in which a word of one or two letters is looked for: the index has no pieces so short. */
const recentConversations = 700

/** Pieces of a long text that are asked for; the comparison does the rest. */
const maxPieces = 40

/** A question for the index: all three-letter pieces of a text, `undefined` when it is too short for one. */
const piecesOf = (text: string): string | undefined => {
  const letters = Array.from(text)
  if (letters.length < 3) return undefined
  const pieces = new Set(letters.slice(0, -2).map((_, index) => letters.slice(index, index + 3).join('')))
  return [...pieces].slice(0, maxPieces).map((piece) => `"${piece.replaceAll('"', '""')}"`).join(' AND ')
}

// Both texts are in the form of `searchText`, so that no `like` with its rules for case and patterns is needed.
const holds = (column: string): string => `instr(${column}, :search) > 0`

// The row numbers of one workspace, see the migration 0002.
const ownRows = 'rowid between :workspace << 32 and (:workspace << 32) + 4294967295'

const customersFound = `select rowid & 4294967295 from customer_search where customer_search match :pieces and ${ownRows}`

// The phone number is the last line of a customer's text, and lists of conversations don't look for it.
const withoutPhone = `case when coalesce(s.phone_number, '') = '' then s.search_text else rtrim(s.search_text, replace(s.search_text, char(10), '')) end`

const matchesConversation = (id: string): string => `exists (select 1 from conversations v join customers s on s.id = v.customer where v.id = ${id}
  and (${holds('v.search_text')} or ${holds(withoutPhone)}
    or exists (select 1 from messages s where s.conversation = v.id and ${holds('s.search_text')})))`

/** What a list of conversations looks for, `undefined` when nothing is left of it in the form in which texts are searched. */
export const conversationSearch = (wanted: string | undefined): Search | undefined => {
  const text = searchText(wanted ?? '')
  if (text === '') return undefined
  const pieces = piecesOf(text)
  if (pieces === undefined) {
    const candidates = `select number from (select number from conversations indexed by conversations_by_updated
      where workspace = :workspace order by updated_at desc, id desc limit ${String(recentConversations)})`
    return { candidates, matches: matchesConversation, params: { search: text } }
  }
  const candidates = `select rowid from conversation_search where conversation_search match :pieces and ${ownRows}
    union select number from search_pending where workspace = :workspace and ${holds('text')}
    union select number from conversations indexed by conversations_by_customer where workspace = :workspace and customer in (${customersFound})`
  return { candidates, matches: matchesConversation, params: { search: text, pieces } }
}

/** What a list of customers looks for; words of one or two letters go through the workspace's customers in the order of the list. */
export const customerSearch = (wanted: string | undefined): Search | undefined => {
  const text = searchText(wanted ?? '')
  if (text === '') return undefined
  const pieces = piecesOf(text)
  const candidates = pieces === undefined ? 'select id from customers where workspace = :workspace' : customersFound
  const matches = (id: string): string => `exists (select 1 from customers s where s.id = ${id} and ${holds('s.search_text')})`
  return { candidates, matches, params: pieces === undefined ? { search: text } : { search: text, pieces } }
}
