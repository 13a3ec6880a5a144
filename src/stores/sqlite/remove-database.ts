import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { inUse } from './open-error.js'

/** Whether another process, or this one, has the file open. One that can't be read as a database is nobody's, and where there is none an empty one is made. */
const isOpen = async (path: string): Promise<boolean> => {
  const worker = new Worker(new URL('./exclusive-worker.js', import.meta.url), { workerData: path })
  const gone = once(worker, 'exit')
  const said: readonly unknown[] = await once(worker, 'message')
  const failure = said[0]
  await gone
  return typeof failure === 'object' && failure !== null && 'code' in failure && failure.code === 'SQLITE_BUSY'
}

/**
 * Removes a database with its companions. None is no failure.
 *
 * @throws DatabaseNotOpened when it is open somewhere: whoever has it would go on writing into a file that nobody can read any more. Then nothing is
 * removed.
 */
export const removeDatabase = async (path: string): Promise<void> => {
  if (await isOpen(path)) throw inUse(path)
  for (const suffix of ['', '-wal', '-shm']) await rm(`${path}${suffix}`, { force: true })
}
