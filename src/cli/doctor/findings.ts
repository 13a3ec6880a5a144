/** Every finding there is, and what helps; the code is what scripts rely on. docs/doctor.md explains each. */
export const remedies = {
  unreachable: 'Start the server and the proxy; look at the address, its name and the firewall.',
  tls_failed: 'Give the proxy a certificate for this name with its whole chain; NODE_EXTRA_CA_CERTS names a private authority to this command.',
  not_this_server: 'Point the proxy at the public port of this server, or run this command in the folder of the server behind this address.',
  upgrade_stripped: 'Let the proxy hand upgrades on; in nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
  host_refused: 'Let the proxy keep the Host (in nginx: proxy_set_header Host $host;), or add the one it sends to "hosts".',
  path_not_served: 'Let the proxy hand the path on as /ws/…, without a prefix before it and without cutting it.',
  handshake_changed: 'Look in the configuration of the proxy for what changes headers of upgrades.',
  past_the_proxy: 'Give the address that clients use. If that is this one, let nobody reach the port of the gate past the proxy.',
  proxy_not_trusted: 'Let the proxy name its client in the header of "forwarding", and list its address in "trustedProxies".',
  forwarding_missing: 'Let the proxy send the header that "forwarding" names (in nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;), or set "forwarding" to the one it sends.',
  forwarding_unreadable: 'Let the proxy write an IP address into the header that "forwarding" names.',
  address_spoofable: 'Let the proxy add to the header or replace it, and never hand on what a client wrote alone; in nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
  shared_bucket: 'List every proxy on the way in "trustedProxies"; a balancer that only hands connections on must keep their addresses.',
  trust_too_wide: 'List only the addresses or ranges of your own proxies in "trustedProxies".',
  subprotocol_stripped: 'Let the proxy hand on Sec-WebSocket-Protocol, both ways.',
  authorization_stripped: 'Let the proxy hand on Authorization, or use another carrier.',
  development_reachable: 'Run `sallyport serve` behind a proxy; development mode is for this machine alone.',
  clock_skew: 'Run NTP on both machines: tokens are judged by the clock.',
  open_files_low: 'Raise the limit (LimitNOFILE= in systemd, ulimit -n in a shell), or lower "limits.nodeSockets".',
  weak_secret: 'Make one by `sallyport secret` and rotate to it.',
  not_https: 'Put TLS in front: tokens and messages are readable on the way.',
  compression_on: 'Switch compression of WebSockets off in the proxy: we never ask for it, and beside secrets it leaks.',
  frames_delayed: 'Let the proxy hand frames on at once, without buffering or inspecting upgraded connections.',
  idle_timeout_short: 'Let the proxy wait longer than our ping and its answer, 40 s or more; in nginx: proxy_read_timeout 75s; in HAProxy: timeout tunnel 1h.',
} as const

export type FindingCode = keyof typeof remedies

/** One thing that is wrong on the way from a client to the gate. */
export interface Finding {
  readonly code: FindingCode
  /** What was seen, in a sentence or two. */
  readonly what: string
  readonly remedy: string
}

export const finding = (code: FindingCode, what: string): Finding => ({ code, what, remedy: remedies[code] })
