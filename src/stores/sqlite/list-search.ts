import type { Database } from './database.js'
import type { NamedQuery } from './sql-value.js'

/**
 * How candidates are come by: `few` are looked up and sorted, `many` are met on the way through the list, and where `most` rows are candidates
 * the list itself is gone through.
 */
export type Way = 'few' | 'many' | 'most'

/** A search in a list, as plain data for the worker that goes through it. */
export interface ListSearch {
  /** Which way it goes, or what answers one row with it. */
  readonly way: Way | NamedQuery
  /** Answers one row with `candidates`, a JSON list of row numbers in the order of the list; takes `:from` and `:count` besides. */
  readonly candidates: Readonly<Record<Way, NamedQuery>>
  /** The same for the rows after the place where the list goes on. */
  readonly following: Readonly<Record<Way, NamedQuery>> | undefined
  /** Answers the `id` of each candidate of `:candidates` that holds what is looked for, in their order. */
  readonly matches: NamedQuery
  /** Matches that are counted at most. */
  readonly counted: number
  readonly offset: number
  readonly limit: number
}

/** What was found: the page, and how many there are, at most as many as are counted or one more than the page shows. */
export interface Found {
  readonly ids: readonly (string | number)[]
  readonly total: number
}

/** Candidates that are compared in one statement, which nothing can interrupt. */
const step = 200

/** Candidates that are asked for at first; each further time eight times as many, for most words are where their pieces are. */
const firstCandidates = 300
const maxCandidates = 20_000

const numbers = (json: string): readonly number[] => {
  const list: unknown = JSON.parse(json)
  return Array.isArray(list) ? list.map(Number) : []
}

/**
 * Goes through a list until there are enough matches.
 *
 * @param late - Whether it has taken too long; asked after each step, which takes some milliseconds.
 * @returns `undefined` when it was late: what was found so far says nothing about the rest.
 */
export const searchList = (db: Database, search: ListSearch, late: () => boolean): Found | undefined => {
  const way = typeof search.way === 'string' ? search.way : (db.get<{ way: Way }>(search.way.sql, search.way.params)?.way ?? 'most')

  const matching = (source: NamedQuery, enough: number): (string | number)[] | undefined => {
    const ids: (string | number)[] = []
    let count = Math.min(maxCandidates, Math.max(firstCandidates, Math.ceil(enough * 1.5)))
    for (let from = 0; ; from += count, count = Math.min(maxCandidates, count * 8)) {
      const row = db.get<{ candidates: string }>(source.sql, { ...source.params, from, count })
      const candidates = numbers(row?.candidates ?? '[]')
      for (let at = 0; at < candidates.length; at += step) {
        if (late()) return undefined
        const asked = JSON.stringify(candidates.slice(at, at + step))
        ids.push(...db.all<{ id: string | number }>(search.matches.sql, { ...search.matches.params, candidates: asked }).map(({ id }) => id))
        if (ids.length >= enough) return ids.slice(0, enough)
      }
      if (candidates.length < count) return ids
    }
  }

  const { offset, limit, counted, following } = search
  // One more than is shown: whether there is a next page is always told exactly.
  const shown = Math.min(Number.MAX_SAFE_INTEGER, offset + limit)
  const all = matching(search.candidates[way], Math.max(counted, shown + 1))
  if (all === undefined) return undefined
  const rows = following === undefined ? all : matching(following[way], shown)
  return rows === undefined ? undefined : { ids: rows.slice(offset, shown), total: all.length }
}
