import { createHash } from 'node:crypto'
import type { ComparedRow, ImportBatch } from '../../conversation/row-import.js'

/** What the rows of a table come to. */
export interface Sum {
  readonly rows: number
  /** 32 hexadecimal digits; the same for the same rows in any order. */
  readonly checksum: string
}

/** Adds up rows: the sum of their SHA-256, cut to 128 bits. */
export const createSum = () => {
  let rows = 0
  let sum = 0n
  return {
    add(row: ComparedRow): void {
      rows += 1
      sum = BigInt.asUintN(128, sum + BigInt(`0x${createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, 32)}`))
    },
    total: (): Sum => ({ rows, checksum: sum.toString(16).padStart(32, '0') }),
  }
}

const micros = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms * 1_000))
const orNull = <T>(value: T | undefined): T | null => value ?? null
const bit = (value: boolean): 0 | 1 => (value ? 1 : 0)

/** Order has no meaning in a set of names. */
export const sorted = (names: readonly unknown[]): readonly string[] => names.map(String).toSorted()

/** The rows of a batch as the target must hold them; for messages with the places they must have, of which `seqs` keeps the last. */
export const comparedRows = (batch: ImportBatch, seqs: Map<string, number>): readonly ComparedRow[] => {
  const workspace = batch.place.user
  switch (batch.stage) {
    case 'users':
      return batch.rows.map((row) => [row.userId, row.email, orNull(row.username), row.firstName, row.lastName, bit(row.active)])
    case 'tags':
      return batch.rows.map((row) => [workspace, row.name, orNull(row.createdBy), micros(row.createdAt)])
    case 'customers':
      return batch.rows.map((row) => [
        workspace, row.oldId, orNull(row.firstName), orNull(row.lastName), orNull(row.username), orNull(row.email), orNull(row.phoneNumber),
        orNull(row.description), orNull(row.profilePicture), row.source, orNull(row.sourceId), JSON.stringify(row.data), micros(row.createdAt),
        micros(row.updatedAt), sorted(row.tags),
      ])
    case 'conversations':
      return batch.rows.map((row) => [
        row.id, workspace, row.oldCustomer, row.title, row.status, bit(row.isActive), row.source, row.priority, micros(row.createdAt), micros(row.updatedAt),
      ])
    case 'messages':
      return batch.rows.map((row) => {
        const last = seqs.get(row.conversation)
        // Messages come conversation by conversation: the one before is done.
        if (last === undefined) seqs.clear()
        const seq = (last ?? 0) + 1
        seqs.set(row.conversation, seq)
        return [
          row.id, row.conversation, seq, row.type, row.content, bit(row.isAnswered), row.contentType, orNull(row.mediaUrl), orNull(row.mediaFile),
          orNull(row.transcription), row.processingStatus, row.feedback, row.feedbackComment, micros(row.feedbackAt), micros(row.createdAt),
        ]
      })
  }
}
