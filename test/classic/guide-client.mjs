/**
 * A client as the old service's guide described it: it says nothing before `connection_established`, stops on `authentication_error` and on 4001,
 * and comes back after every other close with a delay that doubles, five times at most; an open socket begins the count anew.
 */
export const createGuideClient = (url, { Socket = globalThis.WebSocket, unitMs = 2_000 } = {}) => {
  const client = { frames: [], codes: [], delays: [], opened: 0, connected: false, authError: false, tries: 0, socket: undefined, stopped: false }
  const connect = () => {
    const socket = new Socket(url)
    client.socket = socket
    client.connected = false
    socket.onopen = () => {
      client.opened += 1
      client.tries = 0
    }
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data)
      client.frames.push(frame)
      if (frame.type === 'connection_established') client.connected = true
      if (frame.type === 'authentication_error') {
        client.authError = true
        client.stopped = true
        socket.close(1000, 'Client disconnect')
      }
    }
    socket.onclose = ({ code }) => {
      client.connected = false
      client.codes.push(code)
      if (code === 4001) client.authError = true
      if (client.stopped || code === 4001 || client.tries >= 5) return
      client.tries += 1
      const delay = unitMs * 2 ** (client.tries - 1)
      client.delays.push(delay)
      setTimeout(connect, delay)
    }
    socket.onerror = () => {}
  }
  client.send = (message) => {
    if (!client.connected) return false
    client.socket.send(JSON.stringify(message))
    return true
  }
  client.stop = () => {
    client.stopped = true
    client.socket.close(1000, 'Client disconnect')
  }
  /** Waits for a frame that has not been waited for yet, or for anything else to be true. */
  client.until = async (isTrue) => {
    for (let waited = 0; waited < 10_000; waited += 10) {
      const found = isTrue(client)
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    throw new Error('It never happened')
  }
  client.ask = async (message, type) => {
    await client.until(() => client.connected)
    const from = client.frames.length
    client.send(message)
    return client.until(() => client.frames.slice(from).find((frame) => frame.type === type))
  }
  connect()
  return client
}

/** What a front end written to the guide does with the three sockets; answers what it saw, so that a test can look at it. */
export const liveThroughADay = async (base, token, options) => {
  const url = (path) => `${base}${path}?token=${encodeURIComponent(token)}`
  const customers = createGuideClient(url('/ws/customers/'), options)
  const conversations = createGuideClient(url('/ws/conversations/'), options)
  const secondTab = createGuideClient(url('/ws/conversations/'), options)
  const silentBefore = conversations.send({ type: 'get_conversations' }) === false
  const firstOf = (client, type) => client.until(() => client.frames.find((frame) => frame.type === type))
  const first = await firstOf(conversations, 'conversations_list')
  await firstOf(secondTab, 'conversations_list')
  await firstOf(customers, 'customers_list')
  const byPage = await conversations.ask({ type: 'get_conversations', filters: { page_size: '2', page: '2' } }, 'conversations_list')
  const byOffset = await conversations.ask({ type: 'get_conversations', filters: { limit: 2, offset: '2' } }, 'conversations_list')
  const counts = []
  for (const value of ['true', true, 1, '1', 'false', false, 0, '0', 'all']) {
    const filters = { has_email: value }
    counts.push((await customers.ask({ type: 'filter_customers', filters }, 'customers_list')).count)
  }
  const chat = createGuideClient(url(`/ws/chat/${first.conversations[0].id}/`), options)
  await firstOf(chat, 'recent_messages')
  for (const client of [customers, conversations, chat]) client.send({ type: 'refresh_conversations' })
  const echo = await chat.ask({ type: 'chat_message', content: 'from the guide' }, 'chat_message')
  const pushed = await secondTab.until(() => secondTab.frames.find((frame) => frame.type === 'conversations_list' && frame.conversations[0]?.last_message?.content === 'from the guide'))
  chat.socket.close(3000)
  await chat.until(() => chat.opened === 2 && chat.connected)
  const result = {
    silentBefore,
    firstFrames: [customers, conversations, secondTab, chat].map(({ frames }) => frames[0].type),
    samePage: JSON.stringify(byPage.conversations) === JSON.stringify(byOffset.conversations) && byPage.conversations.length === 2,
    counts,
    echo: [echo.message.type, echo.message.customer.first_name !== undefined, 'external_send_result' in echo],
    pushed: pushed.type,
    tabsOpened: [conversations.opened, secondTab.opened],
    chat: { codes: chat.codes, delays: chat.delays },
    errors: [customers, conversations, chat].flatMap(({ frames }) => frames.filter(({ type }) => type === 'error')).length,
  }
  for (const client of [customers, conversations, secondTab, chat]) client.stop()
  return result
}
