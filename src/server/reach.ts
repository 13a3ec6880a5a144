/** How far a change reached when its call was answered. */
export interface Reach {
  /** Live sockets that were told to close, on `nodes` of the processes that share the database. */
  readonly sockets: number
  /** 1 is the process that was asked; only ended sessions wait for the others, which act on every change within a second. */
  readonly nodes: number
  /** Processes that had not answered after a second; only said of ended sessions. */
  readonly silent?: number
}
