const opaqueForm = /^((?!https?:)[a-z][a-z0-9+.-]*:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)(?:[/?#]|$)/

/**
 * The origin a browser sends for what somebody wrote: lower case, punycode, no default port, no path (RFC 6454 section 6.2).
 *
 * @returns The text itself when it is exact already; `undefined` when no origin can be read in it. `wss:` means pages from `https:`.
 */
export const exactOrigin = (text: string): string | undefined => {
  const http = text.replace(/^ws(s?):/i, 'http$1:')
  const url = URL.canParse(http) ? new URL(http) : undefined
  // No browser sends one with a wildcard, so that a list of it would keep everybody out.
  if (url?.hostname.includes('*') === true) return undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.origin
  // Pages of apps and extensions have origins too, such as capacitor://localhost, which URL calls opaque.
  return opaqueForm.exec(http.toLowerCase())?.[1]
}
