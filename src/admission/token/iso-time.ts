const isoTime = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z)?$/

/** Epoch milliseconds of an ISO 8601 date (its first moment, UTC) or UTC date-time; `undefined` for anything else, days that do not exist among it. */
export const parseIsoTime = (text: string): number | undefined => {
  const day = isoTime.exec(text)?.[1]
  if (day === undefined) return undefined
  const time = Date.parse(text)
  // Date.parse rolls 30 February over into March, and 24:00 into the next day.
  return Number.isNaN(time) || !new Date(time).toISOString().startsWith(day) ? undefined : time
}

const createdAt = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) \+0000$/

/** Epoch milliseconds of `YYYY-MM-DD HH:MM:SS +0000`, the form of `created_at` in the classic profile; `undefined` for anything else. */
export const parseCreatedAt = (text: string): number | undefined => {
  const [, day, clock] = createdAt.exec(text) ?? []
  return day === undefined || clock === undefined ? undefined : parseIsoTime(`${day}T${clock}Z`)
}

/** The form that `parseCreatedAt` reads; milliseconds are dropped. */
export const formatCreatedAt = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} +0000`
