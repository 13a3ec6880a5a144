/**
 * Writes a time as the old service's hand-made fields did: ISO 8601 in UTC, `+00:00`, microseconds left out when they are zero.
 *
 * @param atMicros - Epoch microseconds.
 */
export const offsetTime = (atMicros: number): string => `${stem(atMicros)}+00:00`

/** Writes a time as the old service's model fields did: like `offsetTime`, but ending in `Z`. */
export const zuluTime = (atMicros: number): string => `${stem(atMicros)}Z`

const stem = (atMicros: number): string => {
  const wholeMs = Math.floor(atMicros / 1000)
  const fraction = atMicros - Math.floor(atMicros / 1_000_000) * 1_000_000
  const seconds = new Date(wholeMs).toISOString().slice(0, 19)
  return fraction === 0 ? seconds : `${seconds}.${String(fraction).padStart(6, '0')}`
}
