/** Longest path that is shown. */
const maxPathLength = 200

/** Of characters that a path may hold, so that a recorded decision can be made again. */
const hidden = '...'

/** Where the query begins, or the fragment that no request may have. */
const behindPath = /[?#]/

/** A segment that is longer than an id, assigns something or begins as a JWT does: it may be a credential that was put in the wrong place. */
const secretive = /[^/]{65,}|[^/]*(?:=|eyJ)[^/]*/g

/**
 * The path of a request target as operators may see it: as sent, without its query, at most 200 characters.
 *
 * A client that puts its token into the path is refused like any other, but its token must not travel: such a segment is shown as `...`.
 */
export const shownPath = (target: string): string => {
  const end = target.search(behindPath)
  return (end === -1 ? target : target.slice(0, end)).replace(secretive, hidden).slice(0, maxPathLength)
}

/** The same for what came as an Origin. */
export const shownOrigin = (origin: string): string => origin.slice(0, maxPathLength).replace(misplaced, hidden)

const misplaced = /[^/]*(?:=|eyJ)[^/]*/g
