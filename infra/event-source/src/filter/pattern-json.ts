// What does a pattern's JSON say, to the letter? JSON.parse would lose the text of numbers and the first of two equal keys.

export type PatternJson =
  | { kind: 'object'; entries: Array<[key: string, value: PatternJson]> }
  | { kind: 'array'; items: PatternJson[] }
  | { kind: 'string'; text: string }
  | { kind: 'number'; text: string }
  | { kind: 'literal'; text: string }

const TOKEN = /[{}[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+/g

/**
 * Parses JSON (RFC 8259), keeping number tokens as text and duplicate keys in order.
 * @throws SyntaxError as JSON.parse does
 */
export function parsePatternJson(text: string): PatternJson {
  JSON.parse(text)
  // valid from here on, so that the tokens can be read without a look at what separates them
  const tokens = (text.match(TOKEN) ?? []).filter(token => token !== ',' && token !== ':')
  let next = 0
  const value = (): PatternJson => {
    const token = tokens[next++]!
    if (token === '{') {
      const entries: Array<[string, PatternJson]> = []
      while (tokens[next] !== '}') entries.push([JSON.parse(tokens[next++]!), value()])
      next++
      return { kind: 'object', entries }
    }
    if (token === '[') {
      const items: PatternJson[] = []
      while (tokens[next] !== ']') items.push(value())
      next++
      return { kind: 'array', items }
    }
    if (token.startsWith('"')) return { kind: 'string', text: JSON.parse(token) }
    return { kind: /^[tfn]/.test(token) ? 'literal' : 'number', text: token }
  }
  return value()
}

/** How an error message shows a piece of a pattern. */
export function patternText(json: PatternJson): string {
  if (json.kind === 'string') return JSON.stringify(json.text)
  if (json.kind === 'object') return `{${json.entries.map(([key, value]) => `${JSON.stringify(key)}:${patternText(value)}`).join(',')}}`
  return json.kind === 'array' ? `[${json.items.map(patternText).join(',')}]` : json.text
}
