import type { Database } from '../database.js'

/** Names a process that reads the control log from now on; nothing happens when it is known. */
export const joinReaders = (db: Database, { reader, at }: { readonly reader: string; readonly at: number }): void => {
  db.run('insert into control_readers (name, joined_ms) values (?, ?) on conflict do nothing', [reader, at])
  // A process that dies again and again leaves a name each time; one that lives and is forgotten with them is known again by its next answer.
  db.run('delete from control_readers where name in (select name from control_readers order by joined_ms desc, name limit -1 offset ?)', [maxReaders])
}

const maxReaders = 100

export const forgetReaders = (db: Database, { readers }: { readonly readers: readonly string[] }): void => {
  db.run('delete from control_readers where name in (select value from json_each(?))', [JSON.stringify(readers)])
}

/** What a reader made of ended sessions. One that was forgotten because it was slow is known again. */
export const answerEnd = (
  db: Database,
  { endId, reader, sockets, at }: { readonly endId: string; readonly reader: string; readonly sockets: number; readonly at: number },
): void => {
  joinReaders(db, { reader, at })
  db.run('insert into control_answers (end_id, reader, sockets, at_ms) values (?, ?, ?, ?) on conflict do nothing', [endId, reader, sockets, at])
}
