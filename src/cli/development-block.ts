/** What `dev` shows of a server that has just started. */
export interface DevelopmentBlock {
  readonly version: string
  readonly publicUrl: string
  readonly internalUrl: string
  readonly agentTokens: readonly { readonly email: string; readonly token: string }[]
  /** Of every sample user; `undefined` when nobody logs in by password. */
  readonly password: string | undefined
  /** E-mail of the user who stands in, when there is one. */
  readonly standIn: string | undefined
  /** Major version of the Node that runs. */
  readonly nodeMajor: number
  readonly platform: string
}

/** Node has WebSocket without being asked from this version on. */
const firstWithWebSocket = 22

/**
 * A line that connects with nothing but Node. The token is in the environment, as arguments are seen by every process; the quotes suit
 * sh and, on Windows, PowerShell.
 */
export const connectLine = (publicUrl: string, token: string, nodeMajor: number, platform: string): string => {
  const url = `${publicUrl.replace(/^http/, 'ws')}/ws/`
  const script = [
    `const s=new WebSocket('${url}',['sallyport.v1','sallyport.bearer.'+process.env.TOKEN])`,
    `s.onopen=()=>s.send(JSON.stringify({id:'1',type:'conversations.list',limit:1}))`,
    's.onmessage=e=>console.log(e.data)',
    's.onclose=e=>console.log(e.code,e.reason)',
  ].join(';')
  const flag = nodeMajor < firstWithWebSocket ? ' --experimental-websocket' : ''
  const environment = platform === 'win32' ? `$env:TOKEN='${token}'; ` : `TOKEN=${token} `
  return `${environment}node${flag} -e "${script}"`
}

/** The one block that `dev` prints. */
export const developmentBlock = (block: DevelopmentBlock): string => {
  const { version, publicUrl, internalUrl, agentTokens, password, standIn, nodeMajor, platform } = block
  const [first] = agentTokens
  const lines = [
    '',
    `  Sallyport ${version}   development`,
    '',
    `  Public    ${publicUrl}`,
    `  Demo      ${publicUrl}/demo${first === undefined ? '' : `#token=${first.token}`}`,
    `  Internal  ${internalUrl}   (readyz, metrics, and \`sallyport info\`)`,
  ]
  if (standIn !== undefined) lines.push('', `  Without a good token, everybody is let in as ${standIn}.`)
  if (first !== undefined) {
    lines.push('', '  Agents, with tokens for 12 hours')
    for (const { email, token } of agentTokens) lines.push(`    ${email}`, `    ${token}`)
    if (password !== undefined) lines.push('', `  Each logs in with the password ${password} (POST ${publicUrl}/api/v1/login)`)
    lines.push('', '  Paste this to connect', `    ${connectLine(publicUrl, first.token, nodeMajor, platform)}`)
  }
  return [...lines, ''].join('\n')
}
