/**
 * Writes a text in the one form in which it is searched.
 *
 * NFKC and lower case; Arabic yeh, kaf, heh and alef forms as the Persian ones, digits of both scripts as ASCII; without combining marks,
 * tatweel, zero-width joiners and directional marks; white space as one space.
 *
 * Example: `searchText('كتابِ ۱۲')` is `'کتاب 12'`.
 */
export const searchText = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(ignored, '')
    .replace(forms, (form) => plain[form] ?? form)
    .replace(digits, (digit) => String((digit.codePointAt(0) ?? 0) & 0xf))
    .replace(/\s+/gu, ' ')
    .trim()

/** Combining marks, tatweel, and characters without a width of their own. */
const ignored = /[\p{Mn}\u0640\p{Cf}\0]/gu
const forms = /[يىئكةۀأإآٱؤ]/gu
const digits = /[\u0660-\u0669\u06f0-\u06f9]/gu

const plain: Readonly<Record<string, string>> = {
  ي: 'ی', ى: 'ی', ئ: 'ی', ك: 'ک', ة: 'ه', ۀ: 'ه', أ: 'ا', إ: 'ا', آ: 'ا', ٱ: 'ا', ؤ: 'و',
}
