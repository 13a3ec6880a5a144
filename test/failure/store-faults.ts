import { execFile } from 'node:child_process'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Libsql from 'libsql'

const run = promisify(execFile)

/** Where a database lies, and how it is made to refuse writes. */
export interface FaultPlace {
  /** Where the database has to lie for it. */
  readonly dataDir: string
  /** From now on nothing can be written, until the answered function is called. */
  begin(file: string, serverPid: number): Promise<() => Promise<void>>
  remove(): Promise<void>
}

const folder = (): Promise<string> => mkdtemp(join(tmpdir(), 'sallyport-fault-'))

/** A file system of its own, small enough to be filled. */
const fullDisk = async (): Promise<FaultPlace> => {
  const dataDir = await folder()
  await run('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', dataDir])
  return {
    dataDir,
    async begin() {
      const filler = join(dataDir, 'filler')
      const file = await open(filler, 'w')
      const piece = Buffer.alloc(4_096, 1)
      const fill = async (): Promise<unknown> => {
        for (;;) {
          const error = await file.write(piece).then(() => undefined, (caught: unknown) => caught)
          if (error !== undefined) return error
        }
      }
      const error = await fill()
      await file.close()
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
      return () => rm(filler)
    },
    async remove() {
      await run('umount', [dataDir])
      await rm(dataDir, { recursive: true })
    },
  }
}

/** The operating system lets the server's files grow no more, which it reports as a failure of the disk. */
const fileSizeLimit = async (): Promise<FaultPlace> => {
  const dataDir = await folder()
  const limit = (pid: number, bytes: string): Promise<unknown> => run('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`])
  return {
    dataDir,
    async begin(file, pid) {
      await limit(pid, String((await stat(`${file}-wal`)).size))
      return async () => {
        await limit(pid, 'unlimited')
      }
    },
    remove: () => rm(dataDir, { recursive: true }),
  }
}

/** Another process holds the write lock: this one. */
const heldLock = async (): Promise<FaultPlace> => {
  const dataDir = await folder()
  return {
    dataDir,
    begin: (file) => {
      const other = new Libsql(file, { timeout: 5_000 })
      other.exec('begin exclusive')
      return Promise.resolve(() => {
        other.exec('rollback')
        other.close()
        return Promise.resolve()
      })
    },
    remove: () => rm(dataDir, { recursive: true }),
  }
}

export interface StoreFault {
  readonly name: string
  readonly make: () => Promise<FaultPlace>
  /** Why this machine cannot do it. */
  readonly missing: string | undefined
}

const whyNot = async (command: string, words: readonly string[], remedy: string): Promise<string | undefined> =>
  run(command, words).then(() => undefined, () => remedy)

const mountable = async (): Promise<string | undefined> => {
  const dir = await folder()
  const missing = await whyNot('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir], 'mounting a tmpfs needs root')
  if (missing === undefined) await run('umount', [dir])
  await rm(dir, { recursive: true })
  return missing
}

export const storeFaults: readonly StoreFault[] = [
  { name: 'the disk is full', make: fullDisk, missing: await mountable() },
  { name: 'the disk fails every write', make: fileSizeLimit, missing: await whyNot('prlimit', ['--version'], 'it needs prlimit, of the package util-linux') },
  { name: 'another process holds the write lock', make: heldLock, missing: undefined },
]
