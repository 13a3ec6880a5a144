import { createHmac } from 'node:crypto'
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = Math.floor(Date.now() / 1000)
const body = `${part({ alg: 'HS512', typ: 'JWT' })}.${part({ sub: process.argv[2], iat: now, exp: now + 900 })}`
console.log(`${body}.${createHmac('sha512', process.env.TOKEN_SECRET).update(body).digest('base64url')}`)
