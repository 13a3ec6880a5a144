/** Connects, and comes back only as the denial table allows: `getToken()` gives a token, later if it fails now, and `onMessage(text)` gets each message. */
export function connect(url, getToken, onMessage, onStop, attempt = 0, delayMs = 0) {
  let openedAt = 0
  const ended = ({ code, reason }) => {
    const tries = openedAt > 0 && Date.now() - openedAt > 10_000 ? 0 : attempt + 1
    const never = code === 4401 ? !reason.startsWith('token_expired') : [4400, 4403, 4404, 1002, 1003, 1007, 1009].includes(code)
    if (never) return onStop(code, reason)
    const backOffMs = Math.min(30_000, 500 * 2 ** tries) * (0.5 + Math.random() / 2)
    connect(url, getToken, onMessage, onStop, tries, code === 4429 ? Math.max(backOffMs, 5_000) : backOffMs)
  }
  const open = (token) => {
    const ws = new WebSocket(url, ['sallyport.v1', `sallyport.bearer.${token}`])
    ws.onopen = () => (openedAt = Date.now())
    ws.onmessage = (event) => onMessage(event.data)
    ws.onclose = ended
  }
  setTimeout(() => Promise.resolve().then(getToken).then(open, () => ended({ code: 1006 })), delayMs)
}
