/** Whether a text begins as every JWT does: a base64url JSON object and a second segment. For places where a token was given by mistake. */
export const looksLikeToken = (text: string): boolean => /^eyJ[\w-]*\.[\w-]+\./.test(text)
