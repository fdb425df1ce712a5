// Where in its file does a contract's key stand, and how is a problem with it reported?
import { LineCounter, parseDocument } from 'yaml'
import { PipelineError } from '../errors'

export type KeyPath = readonly (string | number)[]

export interface Problem {
  path: KeyPath
  /** What is wrong, with the remedy. */
  text: string
}

/** Longest value shown in a problem. */
const SHOWN_VALUE_LENGTH = 60
/** More problems than this are counted, not listed. */
const SHOWN_PROBLEMS = 20

/** A YAML file with the position of every key; problems are collected so that all of them are shown at once. */
export class ContractDocument {
  readonly value: unknown
  private readonly problems: Problem[] = []
  private readonly lines = new LineCounter()
  private readonly document: ReturnType<typeof parseDocument>

  /** @throws PipelineError CONTRACT_INVALID when the text is not one YAML document */
  constructor(
    readonly file: string,
    text: string
  ) {
    this.document = parseDocument(text, { lineCounter: this.lines, uniqueKeys: true, prettyErrors: false })
    const broken = this.document.errors[0]
    if (broken) {
      const { line } = this.lines.linePos(broken.pos[0])
      throw new PipelineError('CONTRACT_INVALID', `${file}:${line}: not YAML: ${broken.message}`, { cause: broken })
    }
    this.value = this.document.toJS({ maxAliasCount: 100 })
  }

  problem(path: KeyPath, text: string): void {
    this.problems.push({ path, text })
  }

  /** @throws PipelineError CONTRACT_INVALID that lists every problem, in file order */
  check(): void {
    if (this.problems.length === 0) return
    const placed = this.problems.map(problem => ({ line: this.lineOf(problem.path), text: this.format(problem) }))
    placed.sort((a, b) => a.line - b.line)
    const shown = [...new Set(placed.map(each => each.text))]
    const more = shown.length > SHOWN_PROBLEMS ? [`… and ${shown.length - SHOWN_PROBLEMS} more`] : []
    throw new PipelineError('CONTRACT_INVALID', [...shown.slice(0, SHOWN_PROBLEMS), ...more].join('\n'))
  }

  private format({ path, text }: Problem): string {
    const value = this.document.getIn(path)
    const shown = value === undefined || (typeof value === 'object' && value !== null) ? '' : ` ${shorten(JSON.stringify(value))}`
    return `${this.file}:${this.lineOf(path)}: ${formatPath(path)}${shown}: ${text}`
  }

  /** The line of the key, or of the nearest parent that is there. */
  private lineOf(path: KeyPath): number {
    for (let length = path.length; length >= 0; length--) {
      const node = this.document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined
      if (node?.range) return this.lines.linePos(node.range[0]).line
    }
    return 1
  }
}

function formatPath(path: KeyPath): string {
  const text = path.map(key => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
  return text.replace(/^\./, '') || 'the file'
}

function shorten(text: string): string {
  return text.length <= SHOWN_VALUE_LENGTH ? text : `${text.slice(0, SHOWN_VALUE_LENGTH)}…`
}
