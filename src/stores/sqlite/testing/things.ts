import type { EngineOptions } from '../engine.js'
import type { Engines, TestEngine } from './engines.js'

/** A table of unique names, for tests of the engine itself. */
export const openThings = async (engines: Engines, options: Partial<EngineOptions> = {}): Promise<TestEngine> => {
  const engine = await engines.open(options)
  // With a list of migrations, without which the file would be taken for that of another program when a worker is replaced.
  await engine.write('script', 'create table if not exists migrations (version integer primary key, name text not null, applied_at_ms integer not null) strict')
  await engine.write('script', 'create table if not exists things (id integer primary key, name text not null unique) strict')
  return engine
}

export const insertThing = 'insert into things (name) values (?)'

export const addThing = (engine: TestEngine, name: string, deadline?: number): Promise<unknown> =>
  engine.write('sql', { sql: `${insertThing} returning id`, params: [name] }, deadline)

/** Names in the order in which they were added. */
export const namesOfThings = async (engine: TestEngine): Promise<readonly string[]> =>
  (await engine.read<{ name: string }>('lists', 'select name from things order by id')).map(({ name }) => name)

/** What a promise has become by the time one read is answered. */
export const stateOf = async (engine: TestEngine, work: Promise<unknown>): Promise<'pending' | 'settled'> => {
  let state: 'pending' | 'settled' = 'pending'
  const settled = (): void => {
    state = 'settled'
  }
  work.then(settled, settled)
  await engine.read('admission', 'select 1')
  return state
}
