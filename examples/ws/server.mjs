import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { createGate } from 'sallyport'

const users = new Map([['1', { id: '1', active: true, name: 'Sara' }]])
const gate = await createGate({
  issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: process.env.TOKEN_SECRET }],
  lookupUser: async (id) => users.get(id),
})
const server = createServer()
server.on('upgrade', gate.upgrade(new WebSocketServer({ noServer: true, maxPayload: 65_536 }), (ws, session) => {
  ws.on('message', (data) => ws.send(`${session.user.name}: ${String(data)}`))
}))
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
