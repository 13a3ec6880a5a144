import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { openSqlite } from '../../dist/stores/sqlite/engine.js'
import { at, rowsAt } from '../dialects/stage.js'
import { bearer, knock, modernBearer, type KnockOptions, type Knocked } from '../server/knock.js'
import { seedFolder, serve, temporaryFolder, type Environment, type Serving } from '../server/run-cli.js'

/** A message as it lies in the database. */
export interface Stored {
  readonly id: string
  readonly conversation: string
  readonly seq: number
  readonly content: string
}

/** What a database file holds, read while no server has it open. */
export interface Kept {
  readonly integrity: string
  /** Every message of the sample and of the test, by conversation and number. */
  readonly messages: readonly Stored[]
  /** Offsets of the sample's first workspace, in order. */
  readonly offsets: readonly number[]
  /** Ids of the messages its log tells of. */
  readonly told: readonly string[]
}

/** A folder with the sample in it, on which servers are started and ended in turn. */
export interface Workspace {
  /** Some of its conversations. */
  readonly conversations: readonly string[]
  start(): Promise<Serving>
  /** A socket of the old dialect in one conversation, when it has been shown its messages. */
  classic(server: Serving, user: string, conversation: string): Promise<Knocked>
  modern(server: Serving, user: string): Promise<Knocked>
  kept(): Promise<Kept>
  /** Path of the database. */
  readonly file: string
  remove(): Promise<void>
}

const million = '1000000'

/** The next frame for which it holds. */
export const nextWhere = async (socket: Knocked, matches: (frame: Readonly<Record<string, unknown>>) => boolean): Promise<Readonly<Record<string, unknown>>> => {
  for (;;) {
    const frame = await socket.next()
    if (matches(frame)) return frame
  }
}

const refusedAtStart = 503
const againAfterMs = 250

/** A socket, as a client gets one that comes again: a server that starts on a busy machine may find itself at its capacity for a moment. */
const admitted = async (url: string, options: KnockOptions): Promise<Knocked> => {
  const answer = await knock(url, options)
  if ('next' in answer) return answer
  if (answer.status !== refusedAtStart) throw new Error(`Refused with ${String(answer.status)}: ${answer.body}`)
  await delay(againAfterMs)
  return admitted(url, options)
}

/** @param dataDir - Folder of the database, where it is not to lie in the folder of the server. */
export const makeWorkspace = async (dataDir?: string): Promise<Workspace> => {
  const secret = randomBytes(64).toString('base64url')
  const { cwd, remove } = await temporaryFolder()
  const env: Environment = {
    SALLYPORT_TOKENS_PROFILE: 'classic',
    SALLYPORT_TOKENS_SECRET: secret,
    SALLYPORT_LIMITS_USER_CONNECTS_MAX: million,
    SALLYPORT_LIMITS_ADDRESS_CONNECTS_MAX: million,
    SALLYPORT_LIMITS_MESSAGES_MAX: million,
    ...(dataDir === undefined ? {} : { SALLYPORT_DATA_DIR: dataDir }),
  }
  const file = `${dataDir ?? `${cwd}/.sallyport`}/sallyport.db`
  await seedFolder(cwd, dataDir)
  const token = (subject: string): Promise<string> =>
    mintToken({ profile: 'classic', algorithm: 'HS512', secret, subject, lifetimeMs: 3_600_000, at: Date.now() })
  const start = (): Promise<Serving> => serve(['serve'], cwd, env)
  const modern = async (server: Serving, user: string): Promise<Knocked> => {
    const socket = await admitted(`${server.socketUrl}/ws/`, modernBearer(await token(user)))
    await nextWhere(socket, ({ type }) => type === 'welcome')
    return socket
  }

  const first = await start()
  const socket = await modern(first, '1')
  socket.send(JSON.stringify({ id: 'list', type: 'conversations.list', limit: 10 }))
  const conversations = rowsAt(await nextWhere(socket, ({ re }) => re === 'list'), 'items').map((row) => String(at(row, 'id')))
  await first.stop()

  return {
    conversations,
    start,
    async classic(server, user, conversation) {
      const chat = await admitted(`${server.socketUrl}/ws/chat/${conversation}/`, bearer(await token(user)))
      await nextWhere(chat, ({ type }) => type === 'recent_messages')
      return chat
    },
    modern,
    async kept() {
      const engine = await openSqlite({ path: file })
      try {
        const [checked] = await engine.read<{ readonly integrity_check: string }>('lists', 'pragma integrity_check')
        const messages = await engine.read<Stored>('lists', 'select id, conversation, seq, content from messages order by conversation, seq')
        const log = await engine.read<{ readonly offset: number; readonly told: string | null }>(
          'lists',
          `select offset, payload ->> '$.message.id' as told from workspace_log where workspace = 1 order by offset`,
        )
        return {
          integrity: checked?.integrity_check ?? 'no answer',
          messages,
          offsets: log.map(({ offset }) => offset),
          told: log.flatMap(({ told }) => told ?? []),
        }
      } finally {
        await engine.close()
      }
    },
    file,
    remove,
  }
}

/** `1, 2, 3 …`, as many as asked for. */
export const countTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1)
