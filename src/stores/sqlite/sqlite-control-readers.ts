import type { ControlReaders, ReaderAnswer } from '../../admission/control-readers.js'
import type { SqliteEngine } from './engine.js'

interface AnswerRow {
  readonly name: string
  readonly sockets: number | null
}

/** The processes that read the control log of one file. */
export interface SqliteControlReaders extends ControlReaders {
  /**
   * Names this process a reader.
   *
   * @param at - Epoch milliseconds.
   */
  join(at: number): Promise<void>
  /** Takes this process off the list, so that nobody waits for it. */
  leave(): Promise<void>
}

/** @param name - Different for every start of a process. */
export const createSqliteControlReaders = (engine: SqliteEngine, name: string): SqliteControlReaders => ({
  name,
  join: (at) => engine.write('joinReaders', { reader: name, at }),
  answer: (endId, sockets, at) => engine.write('answerEnd', { endId, reader: name, sockets, at }),
  async answers(endId) {
    const rows = await engine.read<AnswerRow>(
      'admission',
      'select r.name, a.sockets from control_readers r left join control_answers a on a.end_id = ? and a.reader = r.name where r.name <> ? order by r.name',
      [endId, name],
    )
    return rows.map(({ name: reader, sockets }): ReaderAnswer => ({ reader, sockets: sockets ?? undefined }))
  },
  forget: (readers) => engine.write('forgetReaders', { readers }),
  leave: () => engine.write('forgetReaders', { readers: [name] }),
})
