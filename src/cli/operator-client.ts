import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { CliError } from './cli-error.js'
import { exitCodes } from './exit-code.js'

/** Nothing answers at the internal port; some commands then go on without. */
export class ServerUnreachable extends CliError {
  /** Whether somebody listens but says nothing. */
  readonly hangs: boolean
  /** @param waitedMs - How long an answer was waited for, where somebody listens but says nothing. */
  constructor(url: string, waitedMs?: number) {
    const mend =
      waitedMs === undefined
        ? `No server answers at ${url}: start one with \`sallyport serve\` or \`sallyport dev\`, or look at SALLYPORT_INTERNAL_PORT`
        : `The server at ${url} has not answered within ${String(waitedMs / 1_000)} s: it hangs or is stopped; look at its log, or start it again`
    super(mend, exitCodes.unreachable)
    this.hangs = waitedMs !== undefined
  }
}

/** The internal port of a running server, as seen from the command line. */
export interface OperatorClient {
  /**
   * Asks, and answers the parsed JSON; `undefined` for 404.
   *
   * @throws ServerUnreachable when nothing answers in 10 s; CliError with the server's sentence for every other refusal.
   */
  ask<T>(shape: z.ZodType<T>, method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T | undefined>
  /**
   * Reads an NDJSON stream, a parsed line at a time, until the server ends it; empty lines are left out.
   *
   * @throws as `ask` does, ServerUnreachable also when the connection breaks.
   */
  follow<T>(shape: z.ZodType<T>, path: string): AsyncGenerator<T>
}

const patienceMs = 10_000
const maxAnswerBytes = 64 * 1024 * 1024
/** Characters of one decision are some thousands. */
const maxLine = 1024 * 1024
const maxPauseMs = 60_000
const maxAgain = 10

const problem = z.object({ title: z.string(), code: z.string().optional(), errors: z.array(z.string()).optional(), retryAfterMs: z.number().optional() })

const parsed = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

/** What helps against a refusal that is about the key. */
const hintOf = (code: string | undefined, named: boolean): string => {
  if (code === 'key_wrong') {
    return named
      ? ' It was taken away, or belongs to another server: `sallyport operator add` makes a new one.'
      : ' Run the command in the folder the server was started in.'
  }
  return code === 'role_too_low' ? ' Whoever owns the folder of the server makes a key of that role: `sallyport operator add <name> --role <role>`.' : ''
}

const refused = (url: string, status: number, value: unknown, named: boolean): CliError => {
  const told = problem.safeParse(value)
  if (!told.success) return new CliError(`${url} answered ${status}; is another program on this port?`)
  const { title, code, errors = [] } = told.data
  return new CliError([`${title}${hintOf(code, named)}`, ...errors.map((line) => `  ${line}`)].join('\n'))
}

const strange = (url: string): CliError =>
  new CliError(`${url} answered something this version does not understand; is the server of another version?`)

/** The text of a body that is no larger than any of ours. */
const wholeOf = async (response: Response): Promise<string> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunksOf(response)) {
    bytes += chunk.byteLength
    if (bytes > maxAnswerBytes) throw new CliError('The answer is too large; is another program on this port?')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const chunksOf = ({ body }: Response): AsyncIterable<Uint8Array> | readonly Uint8Array[] => body ?? []

/** The lines of a body as they come. */
async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of body) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > maxLine) throw new CliError('A line of the answer is too long; is another program on this port?')
    yield* lines.filter((line) => line !== '')
  }
}

interface Answer {
  readonly status: number
  readonly value: unknown
}

/** Asks once. */
const exchange = async (url: string, path: string, init: RequestInit, deadlineMs: number): Promise<Answer> => {
  const deadline = AbortSignal.timeout(deadlineMs)
  try {
    const response = await fetch(new URL(path, url), { ...init, redirect: 'error', signal: deadline })
    return { status: response.status, value: parsed(await wholeOf(response)) }
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new ServerUnreachable(url, deadline.aborted ? deadlineMs : undefined)
  }
}

/** How long to wait until a call that came too fast is asked again; `undefined` for every other answer, and where nobody wants to wait so long. */
const pauseOf = ({ status, value }: Answer): number | undefined => {
  if (status !== 429) return undefined
  const told = problem.safeParse(value)
  const pause = told.success && told.data.code === 'rate_limited' ? told.data.retryAfterMs : undefined
  return pause === undefined || pause > maxPauseMs ? undefined : pause
}

export interface OperatorClientOptions {
  /** Whether the key is that of a named operator (default `false`: the one of the data folder). */
  readonly named?: boolean
  /** Waits so many milliseconds. */
  readonly pause?: (ms: number) => Promise<void>
  /** How long an answer is waited for, in milliseconds (default 10,000). */
  readonly deadlineMs?: number
}

/**
 * Speaks to the internal port at `url`.
 *
 * A call that is answered `rate_limited` was not made: it is made again after the wait it was told, up to 60 s and ten times.
 */
export const createOperatorClient = (url: string, key: string, { named = false, pause = sleep, deadlineMs = patienceMs }: OperatorClientOptions = {}): OperatorClient => ({
  async ask(shape, method, path, body) {
    const init = {
      method,
      headers: {
        Authorization: `Bearer ${key}`,
        'Sallyport-Actor': 'cli',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }
    let answered = await exchange(url, path, init, deadlineMs)
    for (let again = 0; again < maxAgain; again += 1) {
      const waitMs = pauseOf(answered)
      if (waitMs === undefined) break
      await pause(waitMs)
      answered = await exchange(url, path, init, deadlineMs)
    }
    const { status, value } = answered
    if (status === 404) return undefined
    if (status >= 400) throw refused(url, status, value, named)
    const answer = shape.safeParse(value)
    if (!answer.success) throw strange(url)
    return answer.data
  },
  async *follow(shape, path) {
    const deadline = new AbortController()
    const timer = setTimeout(() => {
      deadline.abort()
    }, deadlineMs)
    try {
      const headers = { Authorization: `Bearer ${key}`, 'Sallyport-Actor': 'cli' }
      const response = await fetch(new URL(path, url), { redirect: 'error', signal: deadline.signal, headers })
      // Only the beginning has a deadline.
      clearTimeout(timer)
      if (response.status >= 400) throw refused(url, response.status, parsed(await wholeOf(response)), named)
      if (response.body === null) throw strange(url)
      for await (const line of linesOf(response.body)) {
        const answer = shape.safeParse(parsed(line))
        if (!answer.success) throw strange(url)
        yield answer.data
      }
    } catch (error) {
      if (error instanceof CliError) throw error
      throw new ServerUnreachable(url, deadline.signal.aborted ? deadlineMs : undefined)
    } finally {
      clearTimeout(timer)
      deadline.abort()
    }
  },
})
