import { readFile } from 'node:fs/promises'

/** Descriptors that the system grants this process (`ulimit -n`); `undefined` where it doesn't say, as outside Linux. Reads one small file. */
export const openFilesLimit = async (): Promise<number | undefined> => {
  try {
    const limit = /^Max open files +(\d+) /m.exec(await readFile('/proc/self/limits', 'utf8'))?.[1]
    return limit === undefined ? undefined : Number(limit)
  } catch {
    return undefined
  }
}
