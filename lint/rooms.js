/**
 * The rooms of the house and what each may import: its own files, and the rooms named here. Nothing else, not even for a type.
 * A file that needs a room further along the walk is asking for a port.
 *
 * Keys are folders below the root of the project; the longest key that matches a file is its room.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const rooms = {
  'src/protocol': [],
  'src/admission': ['src/protocol'],
  'src/session': ['src/protocol', 'src/admission'],
  'src/conversation': ['src/protocol', 'src/admission', 'src/session'],
  'src/classic': ['src/protocol', 'src/admission', 'src/session', 'src/conversation'],
  'src/node': ['src/protocol', 'src/admission', 'src/session'],

  // Stores fulfil ports: each technology knows the ports and the contract, never another technology.
  'src/stores/contract': ['src/protocol', 'src/admission', 'src/conversation'],
  'src/stores/memory': ['src/protocol', 'src/admission', 'src/conversation', 'src/stores/contract'],
  'src/stores/sqlite': ['src/protocol', 'src/admission', 'src/conversation', 'src/stores/contract'],
  'src/stores/postgres': ['src/protocol', 'src/admission', 'src/conversation', 'src/stores/contract'],
  'src/stores/redis': ['src/protocol', 'src/admission', 'src/conversation', 'src/stores/contract'],

  // Files directly below src/ assemble the library; they neither listen nor read the environment.
  src: ['src/protocol', 'src/admission', 'src/session', 'src/conversation', 'src/classic', 'src/node', 'src/stores/memory'],
  'src/server': [
    'src',
    'src/protocol',
    'src/admission',
    'src/session',
    'src/conversation',
    'src/classic',
    'src/node',
    'src/stores/memory',
    'src/stores/sqlite',
    'src/stores/postgres',
    'src/stores/redis',
  ],
  'src/cli': ['src/server', 'src/client'],
  'src/client': ['src/protocol'],

  console: ['src/client', 'src/protocol'],
}

/**
 * What a test beside the code may import as well: memory stores are real implementations and stand where other projects have mocks.
 *
 * @type {readonly string[]}
 */
export const roomsOpenToTests = ['src/stores/memory', 'src/stores/contract']

/**
 * Modules that can block the event loop, or start what can, and the only rooms that may touch them.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const ownersOfModules = {
  libsql: ['src/stores/sqlite'],
  'better-sqlite3': ['src/stores/sqlite'],
  'node:sqlite': ['src/stores/sqlite'],
  pg: ['src/stores/postgres'],
  kysely: ['src/stores/postgres'],
  '@redis/client': ['src/stores/redis'],
  'node:worker_threads': ['src/stores/sqlite', 'src/admission/guard'],
  '@node-rs/argon2': ['src/server'],
  piscina: ['src/admission/guard'],
  'node:child_process': ['src/cli'],
  'node:cluster': [],
}

/**
 * Rooms that also run in a browser: no module of Node's may be imported there.
 *
 * @type {readonly string[]}
 */
export const browserRooms = ['src/protocol', 'src/client', 'console']
