// How does a command write to a terminal, and to a pipe?
import { styleText } from 'node:util'

type Stream = NodeJS.WriteStream

/** Work that takes longer than this gets a progress line on a terminal. */
const PROGRESS_AFTER_MS = 2_000
const BAR_WIDTH = 24

const hasColours = (stream: Stream) => stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'

/** Colour on a terminal, the plain text elsewhere (https://no-color.org). */
export function paint(style: 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan', text: string, stream: Stream = process.stdout): string {
  return hasColours(stream) ? styleText(style, text) : text
}

/** Columns padded to their widest cell; numbers to the right. */
export function table(rows: (string | number)[][]): string {
  const cell = (value: string | number) => (typeof value === 'number' ? value.toLocaleString('en-US') : value)
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => cell(row[column] ?? '').length))) ?? []
  return rows
    .map(row =>
      row
        .map((value, column) => (typeof value === 'number' ? cell(value).padStart(widths[column]!) : cell(value).padEnd(widths[column]!)))
        .join('  ')
        .trimEnd()
    )
    .join('\n')
}

/** Lines that are written over by their next version; only for terminals. */
export class LiveLines {
  #shown = 0

  constructor(private readonly stream: Stream = process.stdout) {}

  show(lines: string[]): void {
    const width = this.stream.columns ?? 80
    const up = this.#shown > 0 ? `\x1b[${this.#shown}A` : ''
    // a line that wrapped would be counted wrong: cut it
    this.stream.write(`${up}${lines.map(line => `\x1b[2K${line.slice(0, width - 1)}\n`).join('')}\x1b[J`)
    this.#shown = lines.length
  }

  clear(): void {
    if (this.#shown > 0) this.stream.write(`\x1b[${this.#shown}A\x1b[J`)
    this.#shown = 0
  }
}

/** A bar on standard error, from the third second on, where that is a terminal; nothing elsewhere. */
export class Progress {
  readonly #startedAt = performance.now()
  readonly #lines = new LiveLines(process.stderr)
  readonly #enabled: boolean

  constructor(enabled = true) {
    this.#enabled = enabled && process.stderr.isTTY === true
  }

  show(done: number, total: number | undefined, words: string): void {
    const elapsed = performance.now() - this.#startedAt
    if (!this.#enabled || elapsed < PROGRESS_AFTER_MS) return
    const share = total ? Math.min(1, done / total) : 0
    const bar = total ? `${'█'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '░')} ${Math.floor(share * 100)} %  ` : ''
    this.#lines.show([`${bar}${words}  ${Math.round(elapsed / 1000)} s`])
  }

  clear(): void {
    this.#lines.clear()
  }
}
