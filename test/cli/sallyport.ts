import { spawn, type ChildProcess } from 'node:child_process'
import { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { sentenceOf } from '../../dist/cli/cli-error.js'
import { exitCodes } from '../../dist/cli/exit-code.js'
import { runProgram } from '../../dist/cli/program.js'

export { freePort } from '../../dist/admission/testing/free-port.js'

const main = process.env['SALLYPORT_TEST_MAIN'] ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Folder {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** Descriptors it may have open, as `ulimit -n` says. */
  readonly openFiles?: number
  /** A program that starts it in its turn, such as a tracer, with its words. */
  readonly under?: readonly string[]
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** On a machine that is busy with other tests a server would turn away who is asked about here; what is late is for the tests of capacity. */
const patient = { SALLYPORT_CAPACITY_MAX_LOOP_DELAY_MS: '10000' }

const environmentOf = ({ env = {} }: Folder): Readonly<Record<string, string>> => ({ PATH: process.env['PATH'] ?? '', ...patient, ...env })

const start = (words: readonly string[], folder: Folder): ChildProcess => {
  const { cwd, openFiles, under = [] } = folder
  const command = [...under, process.execPath, main, ...words]
  const [program = '', ...rest] = openFiles === undefined ? command : ['/bin/sh', '-c', `ulimit -n ${String(openFiles)} && exec "$0" "$@"`, ...command]
  return spawn(program, rest, { cwd, env: environmentOf(folder), stdio: 'pipe' })
}

const gather = (stream: NodeJS.ReadableStream | null): (() => string) => {
  let text = ''
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}

/** Keeps what is written to it. */
const keep = (): { readonly stream: Writable; readonly text: () => string } => {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') }
}

/** Runs one command line to its end in a process of its own. */
export const sallyportProcess = async (words: readonly string[], folder: Folder, input = ''): Promise<Ended> => {
  const child = start(words, folder)
  const stdout = gather(child.stdout)
  const stderr = gather(child.stderr)
  child.stdin?.end(input)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, stdout: stdout(), stderr: stderr() }
}

/** A server changes its process: its heap, its signals. */
const needsProcess = (words: readonly string[], { openFiles, under }: Folder): boolean =>
  openFiles !== undefined || under !== undefined || words.includes('serve') || words.includes('dev')

/**
 * Runs one command line to its end: a server in a process of its own, anything else in this one, as `main.ts` does in its own. A start of Node and of all that is loaded takes longer
 * than most commands do.
 */
export const sallyport = async (words: readonly string[], folder: Folder, input = ''): Promise<Ended> => {
  if (needsProcess(words, folder)) return sallyportProcess(words, folder, input)
  const stdout = keep()
  const stderr = keep()
  const stdio = { stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]), stdout: stdout.stream, stderr: stderr.stream }
  const code = await runProgram(words, { env: environmentOf(folder), cwd: folder.cwd, stdio, now: Date.now, exitCode: exitCodes.ok, dataLost: false }).catch((error: unknown) => {
    stderr.stream.write(`${sentenceOf(error)}\n`)
    return exitCodes.failed
  })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

export interface Running {
  readonly pid: number
  readonly url: string
  readonly stdout: () => string
  readonly stderr: () => string
  signal(name: NodeJS.Signals): void
  readonly ended: Promise<number | null>
}

/** Starts `dev` or `serve` and waits until it has said where it listens. */
export const startServer = async (words: readonly string[], folder: Folder): Promise<Running> => {
  const child = start(words, folder)
  const stdout = gather(child.stdout)
  const stderr = gather(child.stderr)
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.on('data', () => {
      const found = /[Pp]ublic +(http:\/\/[^\s,]+)[^]*\n/.exec(stderr())?.[1]
      if (found !== undefined) resolve(found)
    })
    child.on('close', () => {
      reject(new Error(`The server ended before it was ready: ${stderr()}`))
    })
  })
  return { pid: child.pid ?? 0, url, stdout, stderr, signal: (name) => child.kill(name), ended }
}

/** Vitest's own matchers are typed `any`; inside an expected object they are only looked at. */
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)
export const containing = (text: string): unknown => expect.stringContaining(text)

export const jsonOf = (text: string): unknown => {
  const value: unknown = JSON.parse(text)
  return value
}
