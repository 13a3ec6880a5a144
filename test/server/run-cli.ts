import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { sallyport, startServer, type Ended } from '../cli/sallyport.js'

/** A server that runs as a child of this test, in a folder of its own. */
export interface Serving {
  /** The folder it was started in. */
  readonly cwd: string
  readonly pid: number
  readonly publicUrl: string
  readonly internalUrl: string
  /** `ws://…` of the public port, without a path. */
  readonly socketUrl: string
  readonly stdout: () => string
  readonly stderr: () => string
  /** Runs another command in the same folder, against this server. */
  run(words: readonly string[], input?: string): Promise<Ended>
  signal(name: NodeJS.Signals): void
  /** Sends SIGTERM to this child and waits for its end; a second call waits for the first. */
  stop(): Promise<Ended>
  /** Sends SIGKILL to this child, at once, and waits until it is gone. */
  kill(): Promise<unknown>
}

export type Environment = Readonly<Record<string, string>>

const freePorts: Environment = { SALLYPORT_LISTEN_PORT: '0', SALLYPORT_INTERNAL_PORT: '0' }

/** An empty folder, and what removes it. */
export const temporaryFolder = async (): Promise<{ readonly cwd: string; readonly remove: () => Promise<void> }> => {
  const cwd = await mkdtemp(join(tmpdir(), 'sallyport-test-'))
  return { cwd, remove: () => rm(cwd, { recursive: true, force: true }) }
}

/** What `sallyport db seed` does in a new folder, by a copy of what it did once. */
export const seedFolder = (cwd: string, dataDir = join(cwd, '.sallyport')): Promise<void> => cp(join(inject('seeded'), '.sallyport'), dataDir, { recursive: true })

/** Starts `dev` or `serve` on free ports and waits until it has said where it listens. */
export const serve = async (words: readonly string[], cwd: string, env: Environment = {}, openFiles?: number): Promise<Serving> => {
  const server = await startServer(words, { cwd, env: { ...freePorts, ...env }, ...(openFiles === undefined ? {} : { openFiles }) })
  const internalUrl = /[Ii]nternal +(http:\/\/[^\s,]+)/.exec(server.stderr())?.[1]
  if (internalUrl === undefined) throw new Error(`No internal port is named: ${server.stderr()}`)
  const stop = async (): Promise<Ended> => {
    server.signal('SIGTERM')
    return { code: await server.ended, stdout: server.stdout(), stderr: server.stderr() }
  }
  let stopping: Promise<Ended> | undefined
  return {
    cwd,
    pid: server.pid,
    publicUrl: server.url,
    internalUrl,
    socketUrl: server.url.replace('http', 'ws'),
    stdout: server.stdout,
    stderr: server.stderr,
    signal: server.signal,
    run: (command, input) => sallyport(command, { cwd, env: { ...env, SALLYPORT_INTERNAL_PORT: new URL(internalUrl).port } }, input),
    stop: () => (stopping ??= stop()),
    kill: () => {
      server.signal('SIGKILL')
      return server.ended
    },
  }
}

/** Runs a command that is expected to end by itself, on free ports. */
export const runToEnd = (words: readonly string[], cwd: string, env: Environment = {}): Promise<Ended> =>
  sallyport(words, { cwd, env: { ...freePorts, ...env } })

/** Tokens that `dev` has printed, in the order of the sample agents. */
export const printedTokens = (server: Serving): readonly string[] => [...server.stderr().matchAll(/^ +(eyJ\S+)$/gm)].map(([, token = '']) => token)
