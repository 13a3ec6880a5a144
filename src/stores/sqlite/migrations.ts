import type { Migration } from './migration.js'
import { foundation } from './migrations/0001-foundation.js'
import { lists } from './migrations/0002-lists.js'
import { logins } from './migrations/0003-logins.js'
import { imports } from './migrations/0004-imports.js'
import { sweep } from './migrations/0005-sweep.js'
import { outbound } from './migrations/0006-outbound.js'
import { sessionEnds } from './migrations/0007-session-ends.js'
import { auditAddress } from './migrations/0008-audit-address.js'
import { sorts } from './migrations/0009-sorts.js'
import { pending } from './migrations/0010-pending.js'

export const migrations: readonly Migration[] = [foundation, lists, logins, imports, sweep, outbound, sessionEnds, auditAddress, sorts, pending]

/** The version this program needs and knows. */
export const latestVersion = Math.max(...migrations.map(({ version }) => version))
