import type { z } from 'zod'
import type { ban, decision, tokenReport, user } from './answers.js'
import { visible } from './terminal.js'

/** A time for people: ISO 8601 in UTC, without milliseconds. */
export const timeText = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')

/** Rows as columns that line up; every cell is made visible. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const shown = rows.map((row) => row.map(visible))
  const widths = (shown[0] ?? []).map((_, column) => shown.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0))
  return shown.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n')
}

const listOf = (rows: readonly (readonly [string, string | number | undefined])[]): string =>
  table(rows.flatMap(([name, value]) => (value === undefined ? [] : [[`  ${name}`, String(value)]])))

export const describeBan = ({ subject, reason, actor, source, expiresAt }: z.infer<typeof ban>): readonly string[] => [
  subject.kind === 'user' ? `user ${subject.userId}` : subject.network,
  expiresAt === undefined ? 'for ever' : `until ${timeText(expiresAt)}`,
  `${source} by ${actor}`,
  reason,
]

export const describeUser = ({ id, email, active, role }: z.infer<typeof user>): readonly string[] => [
  id,
  email,
  role ?? 'no role',
  active ? 'active' : 'disabled',
]

/** A decision with the stairs it walked. */
export const describeDecision = (report: z.infer<typeof decision>): string => {
  const { outcome, reason, sentence, remedy, told, status, closeCode, retry, retryAfterMs, steps, marks } = report
  const answer = outcome === 'denied' ? `told ${told ?? '?'}: HTTP ${status ?? '–'}, close ${closeCode ?? '–'}` : undefined
  const facts = listOf([
    ['id', report.id],
    ['received', timeText(report.receivedAt)],
    ['path', report.path],
    ['endpoint', report.endpoint],
    ['address', report.address],
    ['origin', report.origin],
    ['user', report.userId],
    ['dialect', report.dialect],
    ['answer', answer],
    ['remedy', remedy],
    ['retry', retry],
    ['retry after', retryAfterMs === undefined ? undefined : `${retryAfterMs} ms`],
    ['policy', report.policyVersion],
  ])
  const walked = table(steps.map((step) => [`  ${step.outcome}`, step.name, step.durationMs > 0 ? `waited ${step.durationMs.toFixed(2)} ms` : '', step.detail ?? '']))
  const dryRun = marks.map(({ step, rule }) => `  a rule in dry-run would have refused at ${visible(step)}: ${visible(rule)}`)
  return [`${outcome}${reason === undefined ? '' : ` ${visible(reason)}`}`, ...(sentence === undefined ? [] : [`  ${visible(sentence)}`]), facts, 'steps', walked, ...dryRun]
    .filter((part) => part !== '')
    .join('\n')
}

/** A decision on one line, for watching many. */
export const decisionLine = ({ receivedAt, outcome, reason, address = '–', userId, endpoint, path, id }: z.infer<typeof decision>): string =>
  visible([timeText(receivedAt), outcome, reason ?? '', address, userId === undefined ? '' : `user ${userId}`, endpoint ?? path, id].filter((part) => part !== '').join(' '))

/** A token claim by claim; of a refused one the first refused line is what admission says, and each refused line names its remedy. */
export const describeToken = ({ accepted, reason, detail, remedy, issuer, subject, tokenId, issuedAt, expiresAt, checks }: z.infer<typeof tokenReport>): string => {
  const unproved = checks.some(({ name, part, accepted: good }) => part === 'token' && name === 'signature' && !good)
  return [
    accepted ? 'accepted' : `refused ${reason ?? ''}`.trimEnd(),
    listOf([
      ['detail', detail],
      ['remedy', remedy],
      ['issuer', issuer],
      ['subject', subject],
      ['token id', tokenId],
      ['issued', issuedAt === undefined ? undefined : timeText(issuedAt)],
      ['expires', expiresAt === undefined ? undefined : timeText(expiresAt)],
    ]),
    ...(checks.length === 0 ? [] : [unproved ? 'checks (nothing that the claims say is proved)' : 'checks', checkTable(checks)]),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

const checkTable = (checks: z.infer<typeof tokenReport>['checks']): string =>
  table(
    checks.map(({ part, name, expected, found, accepted, remedy }) => [
      accepted ? '  accepted' : '  refused',
      `${part} ${name}`,
      `found ${found}`,
      `expected ${expected}`,
      remedy === undefined ? '' : `remedy: ${remedy}`,
    ]),
  )

/** How far a change reached, when a running server did it. */
export const reachText = ({ sockets }: { readonly sockets?: number | undefined }): string =>
  sockets === undefined ? '' : `; ${sockets === 1 ? '1 socket' : `${sockets} sockets`} closed`
