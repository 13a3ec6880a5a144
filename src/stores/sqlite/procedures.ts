import { writeAudit } from './procedures/audit.js'
import { addBan, addBans, liftBans } from './procedures/bans.js'
import { endSessions, userChanged } from './procedures/control.js'
import { answerEnd, forgetReaders, joinReaders } from './procedures/control-readers.js'
import { importWorkspace } from './procedures/conversations-import.js'
import { finishImport, importRows } from './procedures/import-rows.js'
import { giveFeedback, markAnswered, markRead, sendMessage, updateConversation } from './procedures/conversations.js'
import { deleteConversation, deleteCustomer, updateCustomer } from './procedures/upkeep.js'
import { importPart } from './procedures/import-part.js'
import { receiveMessage } from './procedures/inbound.js'
import { endLogin, openLogin, rotateLogin } from './procedures/logins.js'
import { claimOutbound, settleOutbound } from './procedures/outbound.js'
import { applyNextMigration } from './procedures/migrations.js'
import { addRevocation } from './procedures/revocations.js'
import { sweep } from './procedures/sweep.js'
import { addUser, raiseUserEpoch, setMemberActive, setUserActive, setUserPassword } from './procedures/users.js'
import type { ProcedureTable } from './write-batch.js'

/**
 * Everything the writer can do, by name; `engine.write` takes its types from here.
 *
 * A procedure is `(db: Database, args) => result`: synchronous, atomic by itself, with plain data in and out. What a caller may meet in daily
 * life (a name that is taken) is a result; a throw is a fault and undoes the procedure alone. The time comes in as an argument.
 */
export const procedures = {
  addBan,
  addBans,
  addRevocation,
  addUser,
  answerEnd,
  applyNextMigration,
  claimOutbound,
  deleteConversation,
  deleteCustomer,
  endLogin,
  endSessions,
  finishImport,
  forgetReaders,
  giveFeedback,
  importPart,
  importRows,
  importWorkspace,
  joinReaders,
  liftBans,
  markAnswered,
  markRead,
  openLogin,
  raiseUserEpoch,
  receiveMessage,
  rotateLogin,
  sendMessage,
  setMemberActive,
  setUserActive,
  setUserPassword,
  settleOutbound,
  sweep,
  updateConversation,
  updateCustomer,
  userChanged,
  writeAudit,
} as const satisfies ProcedureTable

export type Procedures = typeof procedures
