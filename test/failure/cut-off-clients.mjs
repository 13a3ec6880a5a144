// Opens sockets from the network it was started in and holds them, saying how many are open and how many were closed.
import { createConnection } from 'node:net'

const [host, port, count, handshake] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4]), Buffer.from(process.argv[5] ?? '', 'base64')]
let [open, closed] = [0, 0]
const say = () => process.stdout.write(`${JSON.stringify({ open, closed })}\n`)

for (let index = 0; index < count; index += 1) {
  const socket = createConnection(port, host, () => socket.write(handshake))
  let begun = false
  socket.on('data', (data) => {
    // Whoever is asked whether he is there says so: a ping without content, as this server sends it.
    if (begun && data[0] === 0x89) socket.write(Buffer.from('8a8000000000', 'hex'))
    if (begun) return
    begun = true
    open += 1
    say()
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    closed += 1
    say()
  })
}
process.stdin.resume().on('end', () => process.exit(0))
