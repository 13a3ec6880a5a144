const isoTime = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z)?$/

/** Epoch milliseconds of an ISO 8601 date (its first moment, UTC) or UTC date-time; `undefined` for anything else, days that do not exist among it. */
export const parseIsoTime = (text: string): number | undefined => {
  if (!isoTime.test(text)) return undefined
  const time = Date.parse(text)
  // Date.parse rolls 30 February over into March, and 24:00 into the next day; each shows in the day of the month.
  return new Date(time).getUTCDate() === Number(text.slice(8, 10)) ? time : undefined
}

/**
 * Epoch milliseconds of `YYYY-MM-DD HH:MM:SS +0000`, the form of `created_at` in the classic profile, from the year 100 on; `undefined` for anything
 * else. Read digit by digit, because every new token of that profile comes by here; the last answer is kept, because its rules and its end all ask.
 */
export const parseCreatedAt = (text: string): number | undefined => {
  if (text !== readLast) {
    readLast = text
    lastTime = timeIn(text)
  }
  return lastTime
}

let readLast = ''
let lastTime: number | undefined = undefined

const timeIn = (text: string): number | undefined => {
  if (text.length !== 25 || text[4] !== '-' || text[7] !== '-' || text[10] !== ' ' || text[13] !== ':' || text[16] !== ':' || !text.endsWith(' +0000')) return undefined
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  const hours = twoDigits(text, 11)
  const minutes = twoDigits(text, 14)
  const seconds = twoDigits(text, 17)
  // Written so that a number that is none fails, too.
  const exists = year >= 100 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && hours <= 23 && minutes <= 59 && seconds <= 59
  return exists ? Date.UTC(year, month - 1, day, hours, minutes, seconds) : undefined
}

/** The number that two ASCII digits write; NaN when they are none. */
const twoDigits = (text: string, at: number): number => {
  const tens = text.charCodeAt(at) - 0x30
  const ones = text.charCodeAt(at + 1) - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

const daysIn = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** The form that `parseCreatedAt` reads; milliseconds are dropped. */
export const formatCreatedAt = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} +0000`
