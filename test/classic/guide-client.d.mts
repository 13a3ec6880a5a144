export interface GuideClient {
  readonly frames: readonly Readonly<Record<string, unknown>>[]
  readonly codes: readonly number[]
  readonly delays: readonly number[]
  readonly opened: number
  readonly connected: boolean
  readonly authError: boolean
  until(isTrue: (client: GuideClient) => unknown): Promise<unknown>
  stop(): void
}

export interface GuideOptions {
  readonly Socket?: unknown
  readonly unitMs?: number
}

export const createGuideClient: (url: string, options?: GuideOptions) => GuideClient

export interface Day {
  readonly silentBefore: boolean
  readonly firstFrames: readonly string[]
  readonly samePage: boolean
  readonly counts: readonly number[]
  readonly echo: readonly unknown[]
  readonly pushed: string
  readonly tabsOpened: readonly number[]
  readonly chat: { readonly codes: readonly number[]; readonly delays: readonly number[] }
  readonly errors: number
}

export const liveThroughADay: (base: string, token: string, options?: GuideOptions) => Promise<Day>
