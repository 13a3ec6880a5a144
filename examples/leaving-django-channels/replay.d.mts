export interface RecordedStep {
  readonly send: unknown
  readonly receive: readonly unknown[]
}

export interface RecordedCase {
  readonly case: string
  readonly generation: string
  readonly server: string
  readonly path: string
  readonly origin: string | null
  readonly steps: readonly RecordedStep[]
  readonly handshake: { readonly http_status: number; readonly body?: string }
  readonly close_code?: number | null
}

export type PlayedCase = Pick<RecordedCase, 'steps' | 'handshake' | 'close_code'>

export interface Difference {
  readonly case: string
  readonly generation: string
  /** Path of the socket, without its query. */
  readonly socket: string
  readonly step: number | 'handshake' | 'end'
  readonly path: string
  readonly was: unknown
  readonly is: unknown
}

/** Plays one recorded case against a server. */
export const play: (recorded: RecordedCase, server: string, options?: { readonly token?: string; readonly quietMs?: number }) => Promise<PlayedCase>

/** A difference that is meant; `[*]` in its path is any place of a list. */
export type Meant = Pick<Difference, 'case' | 'generation' | 'socket' | 'step' | 'path'> & { readonly reason: string }

/** Whether an entry of the allow-list speaks of a difference. */
export const isMeant: (meant: Meant, one: Difference) => boolean

/** What is different, ids and times aside. */
export const differences: (recorded: RecordedCase, played: PlayedCase) => readonly Difference[]
