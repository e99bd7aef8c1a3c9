/** A place as people count: line and column from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

interface Edit {
  /** The line as people wrote it. */
  readonly source: string
  readonly text: string
}

/**
 * A text and its places. Lines may be replaced while reading (quotes that were missing); places are always told in the
 * text as people wrote it.
 */
export class TextPlaces {
  private readonly lines: string[]
  private readonly edits = new Map<number, Edit>()
  private starts: number[]

  constructor(text: string) {
    this.lines = text.split('\n')
    this.starts = startsOf(this.lines)
  }

  /** The text as it is read: with replaced lines in place. */
  get text(): string {
    return this.lines.join('\n')
  }

  /** The place, in the text as written, of an offset into the text as read. */
  at(offset: number): Place {
    const { line, column } = this.inText(offset)
    return this.written(line, column)
  }

  /** The place of an offset in the text as read. */
  inText(offset: number): Place {
    let low = 0
    let high = this.starts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((this.starts[middle] as number) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (this.starts[low] as number) + 1 }
  }

  /** A place of the text as read, in the text as written. */
  written(line: number, column: number): Place {
    const edit = this.edits.get(line)
    if (edit === undefined) return { line, column }
    return { line, column: columnBefore(edit, column) }
  }

  /** The line as it is read. */
  lineOf(line: number): string {
    return this.lines[line - 1] ?? ''
  }

  /** Where the line ends in the text as read. */
  endOf(line: number): number {
    return (this.starts[line - 1] as number) + this.lineOf(line).length
  }

  /** The text as read with another line in place. */
  withLine(line: number, text: string): string {
    return this.lines.toSpliced(line - 1, 1, text).join('\n')
  }

  replaceLine(line: number, text: string): void {
    const source = this.edits.get(line)?.source ?? this.lineOf(line)
    this.edits.set(line, { source, text })
    this.lines[line - 1] = text
    this.starts = startsOf(this.lines)
  }
}

function startsOf(lines: readonly string[]): number[] {
  let offset = 0
  return lines.map((line) => {
    const start = offset
    offset += line.length + 1
    return start
  })
}

/** Only quotes and spaces are ever put in, and double quotes made single ones: walk both lines side by side. */
function columnBefore({ source, text }: Edit, column: number): number {
  let before = 0
  for (let index = 0; index < column - 1 && before < source.length; index++) {
    const putIn = text[index] !== source[before] && (text[index] === ' ' || (text[index] === "'" && source[before] !== '"'))
    if (!putIn) before++
  }
  return before + 1
}
