import { readdir, readFile } from 'node:fs/promises'
import { platform } from 'node:os'

/** Whether the system tells the priorities of one process's threads apart, and shows them. */
export const showsPriorities = platform() === 'linux'

export interface LoweredThread {
  readonly id: string
  /** Time it had of a processor, in the ticks of the system: mostly hundredths of a second. */
  readonly ticks: number
}

/** The threads of this process that let others go before them. */
export const loweredThreads = async (): Promise<readonly LoweredThread[]> => {
  const lowered: LoweredThread[] = []
  for (const id of await readdir('/proc/self/task')) {
    // Threads come and go meanwhile.
    const stat = await readFile(`/proc/self/task/${id}/stat`, 'utf8').catch(() => undefined)
    if (stat === undefined) continue
    // The second field, a name in parentheses, may hold anything. Of the others the 14th is the time it had, the 19th its priority.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (Number(fields[16]) > 0) lowered.push({ id, ticks: Number(fields[11]) })
  }
  return lowered
}
