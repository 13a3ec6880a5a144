import { createHmac, randomUUID } from 'node:crypto'
const [url, messageId, customerId, content] = process.argv.slice(2)
const body = JSON.stringify({ message: { id: messageId, content }, customer: { id: customerId, firstName: 'Emma' } })
const id = randomUUID()
const timestamp = String(Math.floor(Date.now() / 1000))
const signature = createHmac('sha256', process.env.CONNECTOR_SECRET).update(`${id}.${timestamp}.${body}`).digest('base64')
const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) })
console.log(answer.status, await answer.text())
