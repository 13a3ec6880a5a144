import { InvalidArgumentError, type Command } from 'commander'
import { connect, load, run, type Cli } from '../cli.js'
import { CliError } from '../cli-error.js'
import { checkupReport, describeCheckup } from '../doctor/describe-checkup.js'
import { gather } from '../doctor/gather.js'
import { judge } from '../doctor/judge.js'
import { exitCodes } from '../exit-code.js'
import { readToken } from '../read-token.js'

const parseSeconds = (text: string): number => {
  const seconds = Number(text)
  if (!/^\d+(?:\.\d+)?$/.test(text) || seconds > 3_600) throw new InvalidArgumentError('It must be a number of seconds, at most 3600.')
  return seconds
}

/** The address of a WebSocket path; `/ws/` where only a server was named. */
const socketUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text.replace(/^ws/i, 'http')) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.search !== '')
    throw new CliError('The address must be such as https://chat.example, without user and query.', exitCodes.usage)
  url.hash = ''
  if (url.pathname === '/') url.pathname = '/ws/'
  return url
}

/** `doctor [url]`: opens real handshakes through the public address, and says what is wrong on the way. */
export const addDoctorCommand = (program: Command, cli: Cli): void => {
  program
    .command('doctor')
    .description('open real handshakes through the public address, and say what is wrong on the way')
    .argument('[url]', 'how clients reach the public port (default: publicUrl)')
    .option('--token <source>', 'a token, to look at an open socket too: - for stdin, or a file')
    .option('--wait <seconds>', 'how long that socket is held open (default: until our ping is due, 30 s at most)', parseSeconds)
    .action(async (address: string | undefined, { token: source, wait }: { readonly token?: string; readonly wait?: number }, command: Command) =>
      run(cli, command, async (terminal) => {
        const { config } = await load(cli, 'tool')
        const named = address ?? config.publicUrl
        if (named === undefined) throw new CliError('Name the address that clients use, such as https://chat.example, or set SALLYPORT_PUBLIC_URL.', exitCodes.usage)
        const url = socketUrl(named)
        const token = source === undefined ? undefined : await readToken(cli, source)
        const client = await connect(cli)
        const evidence = await gather(client, {
          url,
          token,
          waitMs: wait === undefined ? undefined : wait * 1_000,
          now: cli.now,
          say: (text) => {
            terminal.say(text)
          },
        })
        const report = checkupReport(evidence, judge(evidence))
        terminal.data(report, describeCheckup(report))
        return report.findings.length === 0 ? exitCodes.ok : exitCodes.no
      }),
    )
}
