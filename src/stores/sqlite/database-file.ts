import { mkdir, mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { notAFile, notOpenedByFile } from './open-error.js'

/** In place of a path: a new file in a folder of its own, which is gone after `close`. */
export const temporary = ':temporary:'

export interface DatabaseFile {
  readonly path: string
  /** Removes a temporary file; any other stays. */
  release(): Promise<void>
}

// One level, not `recursive`: where nothing can be made, as in /proc, that one goes round for ever.
const makeFolder = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/** Whether something other than a file or a folder lies there; what a link leads to counts. */
const isSpecial = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && !found.isFile() && !found.isDirectory()
}

/**
 * Makes sure that the file can be written, making it and the folder it lies in when there is none.
 *
 * A new file may be read by its owner alone (mode 0600): it holds conversations. SQLite gives its companions (`-wal`, `-shm`) the same mode.
 *
 * @throws DatabaseNotOpened
 */
export const prepareFile = async (wanted: string): Promise<DatabaseFile> => {
  if (wanted === temporary) {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-'))
    return { path: join(folder, 'sallyport.db'), release: () => rm(folder, { recursive: true, force: true }) }
  }
  const path = resolve(wanted)
  if (await isSpecial(path)) throw notAFile(path)
  try {
    await makeFolder(dirname(path))
    const file = await open(path, 'a', 0o600)
    await file.close()
  } catch (error) {
    throw notOpenedByFile(path, error)
  }
  return { path, release: () => Promise.resolve() }
}
