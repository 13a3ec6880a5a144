import { denials, type ClassicClose, type DenialRow } from '../../dist/protocol/denial.js'

/** Lines around the generated part of PROTOCOL.md. */
export const begin = '<!-- denial table: generated from src/protocol/denial.ts -->'
export const end = '<!-- denial table: end -->'

const classicCell = ({ frame, v1, v2 }: ClassicClose): string => {
  const codes = v1 === v2 ? String(v2) : `${String(v2)}, v1 ${String(v1)}`
  return frame === 'none' ? codes : `\`${frame}\`, ${codes}`
}

const rowOf = (reason: string, row: DenialRow): string =>
  [
    '',
    `\`${reason}\``,
    row.told === reason ? 'same' : `\`${row.told}\``,
    row.http === undefined ? '–' : String(row.http),
    String(row.close),
    row.retry.replaceAll('-', ' '),
    classicCell(row.classic),
    row.sentence,
    '',
  ]
    .join(' | ')
    .trim()

/** The denial table as PROTOCOL.md shows it. */
export const denialTable = (): string =>
  [
    '| reason | told as | HTTP | close | retry | classic | in a sentence |',
    '|---|---|---|---|---|---|---|',
    ...Object.entries(denials).map(([reason, row]) => rowOf(reason, row)),
  ].join('\n')
