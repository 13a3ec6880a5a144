/** One step of the schema, forward only. Once it is published its text never changes. */
export interface Migration {
  /** 1, 2, 3 … without gaps. */
  readonly version: number
  readonly name: string
  /**
   * Statements that bring version n - 1 to n, run in one transaction.
   *
   * Foreign keys stay on: a table is rebuilt under `pragma defer_foreign_keys = on`. No `begin`, `commit` or `vacuum`.
   */
  readonly script: string
}
