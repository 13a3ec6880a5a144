import { z } from 'zod'
import { CliError } from './cli-error.js'
import { exitCodes } from './exit-code.js'

/** Nothing answers at the internal port; some commands then go on without. */
export class ServerUnreachable extends CliError {
  constructor(url: string) {
    super(`No server answers at ${url}: start one with \`sallyport serve\` or \`sallyport dev\`, or look at SALLYPORT_INTERNAL_PORT`, exitCodes.unreachable)
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

const deadlineMs = 10_000
const maxAnswerBytes = 64 * 1024 * 1024

const problem = z.object({ title: z.string(), code: z.string().optional(), errors: z.array(z.string()).optional() })

const parsed = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

const refused = (url: string, status: number, value: unknown): CliError => {
  const told = problem.safeParse(value)
  if (!told.success) return new CliError(`${url} answered ${status}; is another program on this port?`)
  const { title, code, errors = [] } = told.data
  const hint = code === 'key_wrong' ? ' Run the command in the folder the server was started in.' : ''
  return new CliError([`${title}${hint}`, ...errors.map((line) => `  ${line}`)].join('\n'))
}

const strange = (url: string): CliError =>
  new CliError(`${url} answered something this version does not understand; is the server of another version?`)

/** The lines of a body as they come. */
async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of body) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines.filter((line) => line !== '')
  }
}

export const createOperatorClient = (url: string, key: string): OperatorClient => ({
  async ask(shape, method, path, body) {
    let status: number
    let text: string
    try {
      const response = await fetch(new URL(path, url), {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(deadlineMs),
        headers: {
          Authorization: `Bearer ${key}`,
          'Sallyport-Actor': 'cli',
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (Number(response.headers.get('content-length') ?? 0) > maxAnswerBytes) throw new CliError('The answer is too large.')
      status = response.status
      text = await response.text()
    } catch (error) {
      if (error instanceof CliError) throw error
      throw new ServerUnreachable(url)
    }
    if (status === 404) return undefined
    const value = parsed(text)
    if (status >= 400) throw refused(url, status, value)
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
      if (response.status >= 400) throw refused(url, response.status, parsed(await response.text()))
      if (response.body === null) throw strange(url)
      for await (const line of linesOf(response.body)) {
        const answer = shape.safeParse(parsed(line))
        if (!answer.success) throw strange(url)
        yield answer.data
      }
    } catch (error) {
      if (error instanceof CliError) throw error
      throw new ServerUnreachable(url)
    } finally {
      clearTimeout(timer)
      deadline.abort()
    }
  },
})
