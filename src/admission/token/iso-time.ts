const isoTime = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z)?$/

/** Epoch milliseconds of an ISO 8601 date (its first moment, UTC) or UTC date-time; `undefined` for anything else, days that do not exist among it. */
export const parseIsoTime = (text: string): number | undefined => {
  if (!isoTime.test(text)) return undefined
  const time = Date.parse(text)
  // Date.parse rolls 30 February over into March, and 24:00 into the next day; each shows in the day of the month.
  return new Date(time).getUTCDate() === Number(text.slice(8, 10)) ? time : undefined
}

const createdAt = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} \+0000$/

/** Epoch milliseconds of `YYYY-MM-DD HH:MM:SS +0000`, the form of `created_at` in the classic profile; `undefined` for anything else. */
export const parseCreatedAt = (text: string): number | undefined =>
  createdAt.test(text) ? parseIsoTime(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`) : undefined

/** The form that `parseCreatedAt` reads; milliseconds are dropped. */
export const formatCreatedAt = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} +0000`
