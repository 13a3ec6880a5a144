import { keys } from './keys.js'
import { envName, type Notation } from './leaf.js'

/** Every environment variable with its sentence, what is allowed and its default, as the text of `.env.example`. */
export const envExample = (): string => {
  const blocks = Object.values(keys).map(({ path, sentence, allowed, fallback, secret, notation }) => {
    const shown = textOf(fallback, notation)
    const file = secret ? ` Or ${envName(path)}_FILE names a file that holds it.` : ''
    return `# ${sentence}${file}\n# ${path}: ${allowed}\n#${envName(path)}=${shown}`
  })
  return `# Every key of Sallyport with its default. Written by \`sallyport config env\`.\n# Lists are written with commas, an empty one as [].\n\n${blocks.join('\n\n')}\n`
}

/** A value as its notation writes it. */
const textOf = (value: unknown, notation: Notation): string => {
  if (value === undefined) return ''
  if (notation === 'list' && Array.isArray(value)) return (value.length === 0 ? '[]' : value.map((part: unknown) => textOf(part, 'text')).join(','))
  return typeof value === 'string' ? value : JSON.stringify(value)
}
