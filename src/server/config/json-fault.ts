/**
 * Says where a text stops being JSON, and quotes none of it, as it may be a secret.
 *
 * @param text - What `JSON.parse` refused.
 * @param error - What it said: V8 names the place of most faults, and quotes the text for the others.
 * @returns Such as `its syntax is wrong at line 3, column 14`.
 */
export const jsonFault = (text: string, error: unknown): string => {
  const said = error instanceof Error ? error.message : ''
  const [, position] = /at position (\d+)/.exec(said) ?? []
  if (position !== undefined && Number(position) < text.length) {
    const lines = text.slice(0, Number(position)).split('\n')
    return `its syntax is wrong at line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`
  }
  return /end of JSON input/.test(said) || position !== undefined ? 'it ends too early: a bracket, a quote or a value is missing' : 'its syntax is wrong'
}
