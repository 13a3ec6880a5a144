import { Duplex } from 'node:stream'

/** A connection of nobody's that takes whatever is written, and the errors it was told of. */
export const duplexConnection = (): { readonly duplex: Duplex; readonly errors: readonly unknown[] } => {
  const errors: unknown[] = []
  const duplex = new Duplex({
    read: () => undefined,
    write(_chunk, _encoding, done) {
      done()
    },
  })
  duplex.on('error', (error) => errors.push(error))
  return { duplex, errors }
}
