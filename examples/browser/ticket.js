/** Opens a socket without a token in its URL: `server` is such as `https://chat.example`, `path` such as `/ws/conversations/`. */
export async function openWithTicket(server, path, token) {
  const headers = { 'Authorization': `Bearer ${token}`, 'Content-Type': 'application/json' }
  const answer = await fetch(`${server}/api/v1/tickets`, { method: 'POST', headers, body: JSON.stringify({ path }) })
  if (!answer.ok) throw new Error(`no ticket: ${(await answer.json()).code}`)
  const { ticket } = await answer.json()
  return new WebSocket(`${server.replace('http', 'ws')}${path}?ticket=${ticket}`, ['sallyport.v1'])
}
