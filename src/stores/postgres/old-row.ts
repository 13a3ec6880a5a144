import { isExact } from './exact-json.js'

/** A row of the old database that cannot be kept as it is; the message names table, row, column and remedy, never the value. */
export class UnfitOldRow extends Error {
  readonly code = 'ERR_OLD_ROW'
  override readonly name = 'UnfitOldRow'
}

export interface OldRow {
  /** NULL and what was left out are `undefined`. */
  text(column: string, maxCharacters?: number): string | undefined
  /** Neither NULL nor empty. */
  named(column: string, maxCharacters?: number): string
  /** The id of a conversation or a message: clients and paths can name no other. */
  reference(column: string): string
  /** A positive whole number. */
  number(column: string): number
  count(column: string, fallback: number): number
  truth(column: string, fallback: boolean): boolean
  oneOf<T extends string>(column: string, values: readonly T[], fallback: T): T
  /** Epoch milliseconds with the fraction the column had. */
  time(column: string): number
  optionalTime(column: string): number | undefined
  object(column: string): Readonly<Record<string, unknown>>
  texts(column: string): readonly string[]
}

/** Reads the columns of one row, each by the kind it must have. */
export const oldRow = (table: string, row: Readonly<Record<string, unknown>>): OldRow => {
  const unfit = (column: string, sentence: string): never => {
    const id = row['id'] ?? row['name']
    const named = typeof id === 'string' || typeof id === 'number' ? String(id) : '?'
    throw new UnfitOldRow(`Cannot import ${table}, row ${named}, column ${column}: it ${sentence}; correct it there and run the import again`)
  }
  const whole = (column: string, least: number): number => {
    // A bigint column arrives as text.
    const value = row[column]
    const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= least) return number
    return unfit(column, `must be a whole number of at least ${least}`)
  }
  const text: OldRow['text'] = (column, maxCharacters = Infinity) => {
    const value = row[column]
    if (value === null || value === undefined) return undefined
    if (typeof value !== 'string') return unfit(column, 'must be text')
    if (Array.from(value).length > maxCharacters) return unfit(column, `may have ${maxCharacters} characters`)
    return value
  }
  const named: OldRow['named'] = (column, maxCharacters) => {
    const value = text(column, maxCharacters)
    return value === undefined || value === '' ? unfit(column, 'must not be empty') : value
  }
  const optionalTime: OldRow['optionalTime'] = (column) => {
    const value = row[column]
    if (value === null || value === undefined) return undefined
    const micros = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : NaN
    return Number.isSafeInteger(micros) ? micros / 1_000 : unfit(column, 'must be a time between the years 1685 and 2255')
  }
  return {
    text,
    named,
    reference(column) {
      const value = named(column)
      return /^\w{1,64}$/.test(value) ? value : unfit(column, 'must be 1 to 64 letters of A to Z and a to z, digits or _, so that clients can name it')
    },
    number: (column) => whole(column, 1),
    count: (column, fallback) => (row[column] === null || row[column] === undefined ? fallback : whole(column, 0)),
    truth(column, fallback) {
      const value = row[column] ?? fallback
      return typeof value === 'boolean' ? value : unfit(column, 'must be true or false')
    },
    oneOf(column, values, fallback) {
      const value = text(column)
      if (value === undefined || value === '') return fallback
      return values.find((known) => known === value) ?? unfit(column, `must be one of ${values.join(', ')}`)
    },
    time: (column) => optionalTime(column) ?? unfit(column, 'must be a time'),
    optionalTime,
    object(column) {
      const json = text(column)
      if (json !== undefined && !isExact(json)) return unfit(column, 'holds a number that cannot be kept to the last digit; make it a text')
      const value: unknown = json === undefined ? {} : JSON.parse(json)
      if (value === null) return {}
      return typeof value === 'object' && !Array.isArray(value) ? { ...value } : unfit(column, 'must be a JSON object')
    },
    texts(column) {
      const value = row[column]
      if (value === null || value === undefined) return []
      return Array.isArray(value) ? value.map(String) : unfit(column, 'must be a list')
    },
  }
}
