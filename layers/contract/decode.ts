// Which characters do the bytes of a source file stand for?
import { isUtf8 } from 'node:buffer'

/** 0x80 to 0x9F of Windows-1252 (WHATWG Encoding Standard, index-windows-1252); the five without a character stay C1 controls. */
const HIGH = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

export type Encoding = 'utf-8' | 'windows-1252'

/**
 * Characters of UTF-8 as Windows-1252 shows them: the Latin letters and signs that Western text has (U+0080 to U+00FF), and its quotes,
 * dashes and €. Nobody writes `Ã©` or `â€™`: such a line was written by a program that thought the file to be UTF-8.
 */
const UTF8_SHOWN = /[\xc2\xc3][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf]/

/**
 * The text of the bytes. Windows-1252 is decoded here and not by TextDecoder, which some versions of Node 20 to 23 read as Latin-1.
 * @returns undefined when they are not of the encoding: bytes that are no UTF-8, or characters of UTF-8 in Windows-1252
 */
export function decode(bytes: Buffer, encoding: Encoding): string | undefined {
  if (encoding === 'utf-8') {
    const text = bytes.toString('utf8')
    return text.includes('\uFFFD') && !isUtf8(bytes) ? undefined : text
  }
  const text = bytes.toString('latin1')
  if (!/[\x80-\xff]/.test(text)) return text
  return UTF8_SHOWN.test(text) ? undefined : text.replace(/[\x80-\x9f]/g, character => HIGH[character.charCodeAt(0) - 0x80]!)
}

const MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** Whether bytes open with the UTF-8 byte order mark. */
export function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes.subarray(0, MARK.length).equals(MARK)
}

/** The bytes after a byte order mark, or all of them. */
export function withoutByteOrderMark(bytes: Buffer): Buffer {
  return hasByteOrderMark(bytes) ? bytes.subarray(MARK.length) : bytes
}
