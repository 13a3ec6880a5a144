import { StoreUnavailable } from '../admission/store-unavailable.js'
import type { User } from '../admission/user.js'
import { listScope, type Scope } from '../conversation/access.js'
import type { Following } from '../conversation/feed.js'
import { createPush } from '../session/push.js'
import type { Session } from '../session/session.js'
import type { ClassicOptions, ClassicTask } from './classic-options.js'
import { noValues } from './filter-options.js'
import { isBad, type RawFilters } from './filter-value.js'
import { rawFilters } from './filters.js'
import { errorPush } from './frames.js'
import type { ListKind, ListView } from './list-kind.js'
import { besideOf, shownPage, type ShownPage } from './shown-page.js'
import { badPaging } from './pagination.js'
import { own, type ClassicFrame } from './parse-frame.js'
import { createRefreshes } from './refreshes.js'
import { urlPaging, withUrlPaging, type UrlPaging } from './url-paging.js'

interface ListSocket<U extends User> {
  readonly session: Session<U>
  readonly scope: Scope | undefined
  readonly following: Following | undefined
  /** What the URL said about pages. */
  readonly url: UrlPaging
  view: ListView
  /** What its client has before his eyes. */
  shown: ShownPage | undefined
}

/** The sockets of one list endpoint. */
export interface ListSockets<U extends User> {
  opened(session: Session<U>): Promise<void>
  received(session: Session<U>, frame: ClassicFrame): Promise<void>
  closed(session: Session<U>): void
  /** Something changed in a workspace: everybody who looks at it gets his view anew. */
  refresh(workspace: string): void
}

const timedOut = 'Request timeout - please try again'

export const createListSockets = <U extends User>(kind: ListKind, options: ClassicOptions<U>): ListSockets<U> => {
  const { conversations, sessions, feed, clock, events, refreshPauseMs = 200 } = options
  const sockets = new Map<string, ListSocket<U>>()
  const byWorkspace = new Map<string, Set<ListSocket<U>>>()

  const everything = (url: UrlPaging): ListView => {
    const view = kind.view(url)
    if (isBad(view)) throw new TypeError('Cannot list without filters')
    return view
  }

  const show = async (socket: ListSocket<U>): Promise<void> => {
    const { session, view, scope, shown } = socket
    const ask = { workspace: scope?.workspace.id, at: clock.wall(), asker: session.user.id }
    const beside = besideOf(shown, view)
    const near = beside === undefined ? undefined : await view.load(conversations, { ...ask, beside })
    // Fewer rows before a page than belong there: the page is counted from the beginning, like the first one.
    const isShort = beside?.preceding !== undefined && near !== undefined && near.push.rows < view.paging.pageSize
    const loaded = near === undefined || isShort ? await view.load(conversations, ask) : near
    socket.shown = shownPage(view, loaded)
    sessions.send(session, loaded.push)
    events?.sent?.({ userId: session.user.id, list: kind.name, rows: loaded.push.rows, total: loaded.total, page: view.paging.page, filters: view.filters })
  }

  const failed = (session: Session<U>, error: unknown, text: string, task: ClassicTask): void => {
    events?.failed?.(session.endpoint.name, error, task, session.user.id)
    sessions.send(session, errorPush(error instanceof StoreUnavailable ? timedOut : text, clock.wall()))
  }

  const list = async (socket: ListSocket<U>, filters: unknown): Promise<void> => {
    const raw = rawFilters(filters)
    const merged = isBad(raw) ? raw : withUrlPaging(socket.url, raw)
    if (!isBad(merged)) events?.merged?.({ url: socket.url, filters: raw, result: merged })
    const view = isBad(merged) ? merged : kind.view(merged)
    if (isBad(view)) {
      sessions.send(socket.session, errorPush(view.bad, clock.wall()))
      return
    }
    socket.view = view
    events?.paged?.(view.paging, badPaging(view.filters))
    try {
      await show(socket)
    } catch (error) {
      failed(socket.session, error, kind.failed, `getting ${kind.name}`)
    }
  }

  const search = async (socket: ListSocket<U>, body: RawFilters): Promise<void> => {
    const term = own(body, 'search_term') ?? ''
    if (typeof term === 'string' || typeof term === 'number') await list(socket, { search: term })
    else sessions.send(socket.session, errorPush('Field "search_term" must be text', clock.wall()))
  }

  const answerOptions = async ({ session, scope }: ListSocket<U>): Promise<void> => {
    try {
      const values = scope === undefined ? noValues : await conversations.filterValues(scope.workspace.id)
      sessions.send(session, createPush('critical', kind.options(values, clock.wall())))
      events?.optionsSent?.(session.endpoint.name, session.user.id)
    } catch (error) {
      failed(session, error, kind.optionsFailed, kind.optionsTask)
    }
  }

  const refreshView = async (workspace: string, key: string, same: readonly ListSocket<U>[]): Promise<void> => {
    const [first] = same
    if (first === undefined) return
    const loaded = await first.view.load(conversations, { workspace, at: clock.wall(), name: 'list' })
    for (const socket of same) {
      // Whoever asked for another view meanwhile has been shown it already.
      if (socket.view.key !== key) continue
      socket.shown = shownPage(socket.view, loaded)
      sessions.send(socket.session, loaded.push)
    }
  }

  /** Shows the views of these keys anew, or all; answers those that could not be loaded. */
  const refreshViews = async (workspace: string, keys: ReadonlySet<string> | undefined): Promise<ReadonlySet<string>> => {
    const byView = new Map<string, ListSocket<U>[]>()
    for (const socket of byWorkspace.get(workspace) ?? []) {
      const same = byView.get(socket.view.key)
      if (same === undefined) byView.set(socket.view.key, [socket])
      else same.push(socket)
    }
    const missed = new Set<string>()
    for (const [key, same] of byView) {
      if (keys?.has(key) === false) continue
      try {
        // One after another, so that a refresh of many views never fills the store's queue.
        await refreshView(workspace, key, same)
      } catch (error) {
        // A store that is away is told of once, not once for each view.
        if (missed.size === 0) events?.failed?.(kind.label, error, 'refreshing lists', undefined)
        missed.add(key)
      }
    }
    return missed
  }

  const refreshes = createRefreshes(refreshViews, refreshPauseMs)

  const opened = async (session: Session<U>): Promise<void> => {
    try {
      const scope = await listScope(conversations, session.user.id)
      if (session.state.name !== 'open') return
      const following = scope === undefined ? undefined : feed.follow(scope.workspace.id)
      const url = urlPaging(session.endpoint.parameters, (name, value) => events?.badParameter?.(name, value))
      const socket: ListSocket<U> = { session, scope, following, url, view: everything(url), shown: undefined }
      sockets.set(session.id, socket)
      if (scope !== undefined) {
        const colleagues = byWorkspace.get(scope.workspace.id)
        if (colleagues === undefined) byWorkspace.set(scope.workspace.id, new Set([socket]))
        else colleagues.add(socket)
      }
      await following?.position
      await show(socket)
    } catch (error) {
      events?.failed?.(session.endpoint.name, error, `sending initial ${kind.name}`, session.user.id)
      sessions.send(session, errorPush('Connection timeout - please refresh', clock.wall()))
    }
  }

  return {
    opened,
    async received(session, { type, body }) {
      const socket = sockets.get(session.id)
      if (socket === undefined) {
        // Nobody could be asked who he is when the socket opened.
        await opened(session)
        return
      }
      const asked = type ?? kind.listTypes[0]
      if (kind.listTypes.includes(asked)) await list(socket, own(body, 'filters'))
      else if (asked === kind.searchType) await search(socket, body)
      else if (asked === kind.optionsType) await answerOptions(socket)
      else events?.ignored?.(session.endpoint.name)
    },
    closed(session) {
      const socket = sockets.get(session.id)
      if (socket === undefined) return
      sockets.delete(session.id)
      socket.following?.letGo()
      const workspace = socket.scope?.workspace.id ?? ''
      const colleagues = byWorkspace.get(workspace)
      colleagues?.delete(socket)
      if (colleagues?.size === 0) byWorkspace.delete(workspace)
    },
    refresh(workspace) {
      if (byWorkspace.has(workspace)) refreshes.changed(workspace)
    },
  }
}
