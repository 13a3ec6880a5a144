import { createBanJudge, type ProtectedNetworks } from '../admission/ban-dangers.js'
import type { BanImport, ImportedBan } from './operations.js'

/** Tells apart what of a batch may be stored, what has ended, and what is dangerous and was not forced. */
export const siftBans = (
  bans: readonly ImportedBan[],
  networks: ProtectedNetworks,
  force: boolean,
  at: number,
): { readonly good: readonly ImportedBan[] } & Pick<BanImport, 'ended' | 'refused'> => {
  const dangersOf = createBanJudge(networks)
  const live = bans.map((ban, index) => ({ ban, index })).filter(({ ban: { expiresAt } }) => expiresAt === undefined || at < expiresAt)
  const judged = live.map(({ ban, index }) => ({ ban, index, dangers: force ? [] : dangersOf(ban.subject) }))
  return {
    good: judged.filter(({ dangers }) => dangers.length === 0).map(({ ban }) => ban),
    ended: bans.length - live.length,
    refused: judged.filter(({ dangers }) => dangers.length > 0).map(({ index, dangers }) => ({ index, dangers })),
  }
}
