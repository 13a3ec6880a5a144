/**
 * Names that Kubernetes puts into every container for a service called `sallyport` or `sallyport-…`; they look like ours and mean nothing here.
 *
 * A group is known by its `<PREFIX>_PORT=tcp://…`, which is never a port number of ours.
 */
export const serviceLinks = (env: Readonly<Record<string, string | undefined>>): ReadonlySet<string> => {
  const names = Object.keys(env).filter((name) => name.startsWith('SALLYPORT_'))
  const prefixes = names.filter((name) => name.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(env[name] ?? '')).map((name) => name.slice(0, -'_PORT'.length))
  return new Set(
    names.filter((name) =>
      prefixes.some((prefix) => name.startsWith(prefix) && /^_(?:PORT|SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/.test(name.slice(prefix.length))),
    ),
  )
}
