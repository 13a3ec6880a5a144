import { readFile } from 'node:fs/promises'
import { denials, isReason, type DenialRow, type Retry } from '../../protocol/denial.js'
import type { EndpointRule } from '../../admission/endpoint.js'

/** The three files of the demo, ready to be sent. */
export interface DemoPage {
  readonly html: string
  readonly script: string
  readonly style: string
}

/** From `dist/server/http/` as from `src/server/http/` it is three folders up, in the repository and in the published package. */
const packageRoot = new URL('../../../', import.meta.url)

const comingBack: Readonly<Record<Retry, string>> = {
  never: 'Trying again with the same request is of no use.',
  'after-login': 'Log in again; this credential will not do.',
  'with-new-token': 'Try again at once with a new token.',
  later: 'Try again later, with a growing delay.',
  'after-delay': 'Try again after the delay that came with the refusal.',
  now: 'Connect again after the delay that was told before.',
  resume: 'Connect again and resume where it stopped.',
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const optionOf = ({ name, path }: EndpointRule): string =>
  `<option value="${escaped(path)}">${escaped(`${name}: ${path.replace(':conversation', '<conversation>')}`)}</option>`

const rowOf = ({ told, close, http, sentence, retry }: DenialRow): string => {
  const back = comingBack[retry]
  const attributes = `data-told="${told}" data-close="${close}" data-sentence="${escaped(sentence)}" data-retry="${escaped(back)}"`
  const cells = [told, String(close), String(http ?? '–'), sentence, back].map((cell) => `<td>${escaped(cell)}</td>`)
  return `<tr ${attributes}>${cells.join('')}</tr>`
}

/** What a stranger can be told: rows that are told as another one would give away the difference. */
const refusalRows = (): string =>
  Object.entries(denials)
    .filter(([reason, row]) => isReason(reason) && row.told === reason)
    .map(([, row]) => rowOf(row))
    .join('')

/**
 * Reads the demo page from the package and fills in the endpoints and the table of refusals.
 *
 * @param endpoints - A path of `*` is shown as `/`.
 * @throws Error of the file system when the package was installed without `console/demo`.
 */
export const readDemoPage = async (endpoints: readonly EndpointRule[]): Promise<DemoPage> => {
  const read = (name: string): Promise<string> => readFile(new URL(`console/demo/${name}`, packageRoot), 'utf8')
  const [html, script, style] = await Promise.all([read('index.html'), read('demo.js'), read('demo.css')])
  const options = endpoints.map((rule) => optionOf(rule.path === '*' ? { ...rule, path: '/' } : rule)).join('')
  return {
    html: html.replace('<!-- endpoints -->', () => options).replace('<!-- refusals -->', refusalRows),
    script,
    style,
  }
}
