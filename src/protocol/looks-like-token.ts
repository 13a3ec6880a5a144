/** Whether a text holds what begins as every JWT does: a base64url JSON object and a second segment. For places where a token was given by mistake, alone or behind a word such as `Bearer`. */
export const looksLikeToken = (text: string): boolean => /(?<![\w-])eyJ[\w-]*\.[\w-]+\./.test(text)
