import { dangerSentences } from '../admission/ban-dangers.js'

const sentences: ReadonlyMap<string, string> = new Map(Object.entries(dangerSentences))

/** Dangers of a ban as a server named them, in words; one that is unknown here, as that server is newer, stays as it was named. */
export const dangersInWords = (dangers: readonly string[]): string => dangers.map((danger) => sentences.get(danger) ?? danger).join(' and ')
