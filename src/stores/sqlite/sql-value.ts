/**
 * What goes into a statement and comes out of a row.
 *
 * Whole numbers are bound as integers, others as reals. Text never holds U+0000: the driver would read it back cut short, so binding
 * refuses it. There are no blobs, booleans or big integers: the schema has none, and a boolean would end the process inside the driver.
 */
export type SqlValue = string | number | null

/** Values by position for `?`, or by name without the colon for `:name`. Every placeholder needs a value and every value a placeholder. */
export type SqlParams = readonly SqlValue[] | Readonly<Record<string, SqlValue>>

/** One statement with its values. */
export interface Query {
  readonly sql: string
  readonly params: SqlParams
}

/** One statement whose values all have names. */
export interface NamedQuery extends Query {
  readonly params: Readonly<Record<string, SqlValue>>
}
