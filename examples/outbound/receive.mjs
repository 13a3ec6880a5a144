import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

// A real connector keeps these ids where they outlive it.
const seen = new Set()

const isSigned = ({ headers }, body) => {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const right = Buffer.from(`v1,${createHmac('sha256', process.env.CONNECTOR_SECRET).update(signed).digest('base64')}`)
  const isFresh = Math.abs(Date.now() / 1_000 - Number(headers['webhook-timestamp'])) < 300
  const given = String(headers['webhook-signature']).split(' ').map((one) => Buffer.from(one))
  return isFresh && given.some((one) => one.length === right.length && timingSafeEqual(one, right))
}

// Longer than any message that is posted here.
const maxBodyLength = 262_144

/** Of anybody, as the signature can't be looked at before; `undefined` from one who broke off or sends without end. */
const readBody = async (request) => {
  let body = ''
  try {
    for await (const chunk of request.setEncoding('utf8')) {
      body += chunk
      if (body.length > maxBodyLength) return undefined
    }
    return body
  } catch {
    return undefined
  }
}

const server = createServer(async (request, response) => {
  const body = await readBody(request)
  if (body === undefined) {
    response.writeHead(413, { connection: 'close' }).end()
    return
  }
  if (!isSigned(request, body)) {
    response.writeHead(401).end()
    return
  }
  const { message, customer } = JSON.parse(body).data
  if (!seen.has(message.id)) console.log(`to ${customer.id}: ${message.content}`)
  seen.add(message.id)
  response.writeHead(204).end()
})
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`))
