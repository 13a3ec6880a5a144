/**
 * Writes a text in the one form in which it is searched.
 *
 * NFKC and lower case; Arabic yeh, kaf, heh and alef forms as the Persian ones, digits of both scripts as ASCII; without combining marks,
 * tatweel, zero-width joiners and directional marks; white space as one space.
 *
 * Of more than 30 combining marks in a row the rest is left out first, as in the stream-safe format of Unicode (UAX #15 section 13): no language has as
 * many, and to bring thousands into their order takes a time that grows with their square.
 *
 * Example: `searchText('كتابِ ۱۲')` is `'کتاب 12'`.
 */
export const searchText = (text: string): string =>
  text
    .replace(endlessMarks, '$1')
    .normalize('NFKC')
    .toLowerCase()
    .replace(ignored, '')
    .replace(forms, (form) => plain[form] ?? form)
    .replace(digits, (digit) => String((digit.codePointAt(0) ?? 0) & 0xf))
    .replace(/\s+/gu, ' ')
    .trim()

/** The two half-width marks are letters until NFKC has made combining marks of them. */
const endlessMarks = /([\p{M}\uff9e\uff9f]{30})[\p{M}\uff9e\uff9f]+/gu
/** Combining marks, tatweel, and characters without a width of their own. */
const ignored = /[\p{Mn}\u0640\p{Cf}\0]/gu
const forms = /[يىئكةۀأإآٱؤ]/gu
const digits = /[\u0660-\u0669\u06f0-\u06f9]/gu

const plain: Readonly<Record<string, string>> = {
  ي: 'ی', ى: 'ی', ئ: 'ی', ك: 'ک', ة: 'ه', ۀ: 'ه', أ: 'ا', إ: 'ا', آ: 'ا', ٱ: 'ا', ؤ: 'و',
}
