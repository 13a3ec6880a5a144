import { keys } from './keys.js'
import { envName } from './leaf.js'

/** Every environment variable with its sentence, what is allowed and its default, as the text of `.env.example`. */
export const envExample = (): string => {
  const blocks = Object.values(keys).map(({ path, sentence, allowed, fallback, secret, notation }) => {
    const shown = fallback === undefined ? '' : notation === 'list' && Array.isArray(fallback) ? fallback.join(',') : String(fallback)
    const file = secret ? ` Or ${envName(path)}_FILE names a file that holds it.` : ''
    return `# ${sentence}${file}\n# ${path}: ${allowed}\n#${envName(path)}=${shown}`
  })
  return `# Every key of Sallyport with its default. Written by \`sallyport config env\`.\n\n${blocks.join('\n\n')}\n`
}
