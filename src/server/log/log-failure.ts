import type { Log } from './create-log.js'

/** What may be said of anything that was thrown: its own sentence, never a stack. */
export const failureText = (error: unknown): string => (error instanceof Error ? error.message : 'unknown')

/** Says in the log that a task failed. */
export const logFailure = (log: Pick<Log, 'write'>, task: string, error: unknown): void => {
  log.write('error', { event: 'failure', task, detail: failureText(error) })
}
