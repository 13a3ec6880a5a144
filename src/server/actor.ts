/** Who acts. */
export interface Actor {
  /** As the audit log shows it. */
  readonly name: string
  /** Peer of the connection over which he asks; `undefined` for who works on the database itself. */
  readonly address?: string | undefined
}
