// Which fields does a piece of CSV text hold, if it is one record?
// Source: RFC 4180. A quote inside a field that does not start with one is an ordinary character, as spreadsheets read it.

/** `open`: a quoted field does not end in this text. `malformed`: something other than a delimiter follows a closing quote. */
export type CsvFields = string[] | 'open' | 'malformed'

/** Splits one record; line ends may be inside quotes only. */
export function splitRecord(text: string, delimiter: string): CsvFields {
  if (!text.includes('"')) return text.split(delimiter)
  const fields: string[] = []
  let at = 0
  for (;;) {
    if (text[at] === '"') {
      const end = closingQuote(text, at)
      if (end < 0) return 'open'
      fields.push(text.slice(at + 1, end).replaceAll('""', '"'))
      at = end + 1
      if (at === text.length) return fields
      if (text[at] !== delimiter) return 'malformed'
    } else {
      const end = text.indexOf(delimiter, at)
      fields.push(end < 0 ? text.slice(at) : text.slice(at, end))
      if (end < 0) return fields
      at = end
    }
    at++
  }
}

/** The index of the quote that ends the field opened at `open`; a doubled quote is content. */
function closingQuote(text: string, open: number): number {
  for (let at = open + 1; ; at += 2) {
    at = text.indexOf('"', at)
    if (at < 0 || text[at + 1] !== '"') return at
  }
}
