/** What a statement wants bound: so many values by position, or these names. */
export interface Placeholders {
  readonly positions: number
  readonly names: readonly string[]
}

// String literals, quoted names and comments may hold question marks and colons of their own.
const notCode = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g
const placeholder = /\?(\d*)|:([A-Za-z_]\w*)/g

/**
 * Reads the placeholders of one statement: `?`, `?3` and `:name` (no `@name`, no `$name`).
 *
 * The driver binds NULL to whatever was forgotten; this is how `Database` notices.
 */
export const placeholdersOf = (sql: string): Placeholders => {
  let positions = 0
  const names = new Set<string>()
  for (const [, position, name] of sql.replace(notCode, ' ').matchAll(placeholder)) {
    if (name !== undefined) names.add(name)
    else positions = position === undefined || position === '' ? positions + 1 : Math.max(positions, Number(position))
  }
  return { positions, names: [...names] }
}
