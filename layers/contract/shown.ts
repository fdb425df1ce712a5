// How is an offending value shown to people?

/** Longest part of a value that a message repeats. */
export const SHOWN_LENGTH = 80

/** The value as text that any column can hold: control characters and halves of surrogate pairs become U+FFFD, long text is cut. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value.slice(0, SHOWN_LENGTH + 2) : asText(value)
  const safe = text.replace(/[\p{Cc}\p{Surrogate}]/gu, '\uFFFD')
  return safe.length <= SHOWN_LENGTH ? safe : `${cut(safe)}…`
}

/** Never between the two halves of a character. */
function cut(text: string): string {
  const last = text.charCodeAt(SHOWN_LENGTH - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? SHOWN_LENGTH - 1 : SHOWN_LENGTH)
}

function asText(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}
