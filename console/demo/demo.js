const byId = (id) => document.getElementById(id)

const knock = byId('knock')
const endpoint = byId('endpoint')
const conversation = byId('conversation')
const conversationField = byId('conversation-field')
const dialect = byId('dialect')
const token = byId('token')
const frame = byId('frame')
const state = byId('state')
const log = byId('log')

const maxLogEntries = 200
const maxShownCharacters = 4_000

/** What RFC 6455 section 7.4.1 leaves to the browser; everything else is read from the table of refusals in the page. */
const ownCodes = {
  1000: 'Closed on purpose; nothing is wrong.',
  1001: 'The other end went away.',
  1005: 'Closed without a code.',
  1006: 'The connection ended without a close frame. A browser does not tell pages why: the decision stands in the log of the server.',
  1011: 'The server failed while the socket was open.',
}

const examples = {
  modern: '{"id":"1","type":"customers.list","limit":10}',
  classic: '{"type":"get_customers"}',
  'classic-v1': '{"type":"get_customers"}',
}

/** @type {WebSocket | undefined} */
let socket

const element = (name, text, attributes = {}) => {
  const made = document.createElement(name)
  if (text !== undefined) made.textContent = text
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

const copyButton = (text) => {
  const button = element('button', 'Copy', { type: 'button', 'aria-label': `Copy: ${text}` })
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text)
      button.textContent = 'Copied'
    } catch {
      // Without the permission the reader copies by hand, so the text is selected for him.
      getSelection()?.selectAllChildren(button.previousElementSibling)
      button.textContent = 'Selected'
    }
  })
  return button
}

const show = (kind, title, ...parts) => {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40
  const entry = element('li', undefined, { 'data-kind': kind })
  const head = element('div', undefined, { class: 'head' })
  const time = new Date()
  head.append(element('time', time.toLocaleTimeString(), { datetime: time.toISOString() }), element('strong', title))
  entry.append(head, ...parts)
  log.append(entry)
  while (log.childElementCount > maxLogEntries) log.firstElementChild.remove()
  if (atEnd) log.scrollTop = log.scrollHeight
}

const shown = (text) => (text.length > maxShownCharacters ? `${text.slice(0, maxShownCharacters)}… (${text.length} characters)` : text)

const pretty = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return text
  }
}

const setState = (name, text) => {
  state.dataset.state = name
  state.textContent = text
  const live = name === 'open' || name === 'connecting'
  const focused = document.activeElement
  byId('connect').disabled = live
  byId('disconnect').disabled = !live
  byId('send').disabled = name !== 'open'
  // A button that is switched off while it has the focus would send the keyboard back to the top of the page.
  if (focused?.disabled) byId(live ? 'disconnect' : 'connect').focus()
}

const paragraph = (text) => element('p', text, { dir: 'auto' })

/** The close as words: the row of its told code, else the row of its number, else what RFC 6455 says. */
const explainClose = ({ code, reason }) => {
  const told = /^(?<word>[a-z_]+) (?<id>[0-9a-f-]{36})$/.exec(reason)?.groups
  const rows = [...byId('refusals').tBodies[0].rows]
  const row = rows.find((each) => each.dataset.told === told?.word) ?? rows.find((each) => each.dataset.close === String(code))
  const parts = []
  if (row !== undefined && !(code in ownCodes)) parts.push(paragraph(row.dataset.sentence), paragraph(row.dataset.retry))
  else parts.push(paragraph(ownCodes[code] ?? 'No row of the table knows this code.'))
  if (reason !== '') parts.push(paragraph(`Reason: ${reason}`))
  if (told !== undefined) {
    const command = `sallyport explain ${told.id}`
    const line = element('div', undefined, { class: 'command' })
    line.append(element('code', command, { dir: 'ltr' }), copyButton(command))
    parts.push(line)
  }
  return parts
}

/** A token as it is copied from a header, a JSON file or a wrapped line: without what stands around it, and without blanks, which no token holds. */
const meantToken = (text) => {
  const bare = text.trim().replace(/^(["'`])(.*)\1$/s, '$2')
  return bare.trim().replace(/^(?:authorization *: *)?bearer\s+/i, '').replace(/\s+/g, '')
}

const target = () => {
  const path = endpoint.value.replace(':conversation', encodeURIComponent(conversation.value.trim()))
  const url = new URL(path, location.href)
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  const secret = meantToken(token.value)
  if (dialect.value === 'modern') return { url, path, protocols: secret === '' ? ['sallyport.v1'] : ['sallyport.v1', `sallyport.bearer.${secret}`] }
  if (dialect.value === 'classic-v1') url.searchParams.set('v', '1')
  if (secret !== '') url.searchParams.set('token', secret)
  return { url, path, protocols: [] }
}

const connect = () => {
  const { url, path, protocols } = target()
  let opened = false
  let made
  try {
    made = new WebSocket(url, protocols)
  } catch {
    show('refused', 'Not sent', paragraph('This token holds characters that no sub-protocol may hold, so the browser did not even ask. A token is letters, digits, - and _ in three parts with a dot between them: copy it anew, from its first letter to its last and nothing else.'))
    setState('refused', 'Not connected')
    return
  }
  socket = made
  setState('connecting', 'Connecting…')
  show('note', 'Knocking', paragraph(`${path} as ${dialect.selectedOptions[0].textContent}`))

  made.addEventListener('open', () => {
    opened = true
    setState('open', 'Connected')
    show('open', 'Open', paragraph(made.protocol === '' ? 'No sub-protocol.' : `Sub-protocol ${made.protocol}.`))
  })
  made.addEventListener('message', ({ data }) => {
    show('received', 'Received', element('pre', shown(pretty(String(data))), { dir: 'auto' }))
  })
  made.addEventListener('close', (event) => {
    if (socket !== made) return
    socket = undefined
    const clean = event.code === 1000 || event.code === 1005
    setState(clean ? 'closed' : 'refused', clean ? 'Closed' : `Closed: ${event.code}`)
    show(clean ? 'note' : 'refused', `${opened ? 'Closed' : 'Refused'} ${event.code}`, ...explainClose(event))
  })
}

const chooseEndpoint = () => {
  conversationField.hidden = !endpoint.value.includes(':conversation')
  conversation.required = !conversationField.hidden
}

knock.addEventListener('submit', (event) => {
  event.preventDefault()
  if (socket === undefined) connect()
})

byId('disconnect').addEventListener('click', () => socket?.close(1000))

byId('show').addEventListener('click', (event) => {
  const visible = token.type === 'password'
  token.type = visible ? 'text' : 'password'
  event.currentTarget.setAttribute('aria-pressed', String(visible))
})

byId('clear').addEventListener('click', () => log.replaceChildren())

byId('say').addEventListener('submit', (event) => {
  event.preventDefault()
  if (socket?.readyState !== WebSocket.OPEN || frame.value === '') return
  socket.send(frame.value)
  show('sent', 'Sent', element('pre', shown(frame.value), { dir: 'auto' }))
})

frame.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
  event.preventDefault()
  byId('say').requestSubmit()
})

endpoint.addEventListener('change', chooseEndpoint)
/** An example is there from the beginning; what the reader wrote stays. */
const offerExample = () => {
  if (frame.value === '' || Object.values(examples).includes(frame.value)) frame.value = examples[dialect.value]
}

dialect.addEventListener('change', offerExample)

/** A fragment never leaves the browser; once read it is taken out of the address bar and the history too. */
const takeFragment = () => {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given === null) return
  token.value = given
  history.replaceState(null, '', location.pathname)
}

takeFragment()
addEventListener('hashchange', takeFragment)
chooseEndpoint()
offerExample()
