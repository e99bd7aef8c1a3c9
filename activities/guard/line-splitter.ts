import { StringDecoder } from 'node:string_decoder'

/** Longer lines are cut, so that output without line ends cannot fill the memory. */
const LONGEST_LINE = 16_384

/**
 * Cuts what a process prints into lines, whatever the size of the pieces it arrives in. A bare CR overwrites the line, as on
 * a terminal: of a progress bar its last state is kept.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  readonly #onLine: (line: string) => void
  readonly #longest: number
  #rest = ''

  constructor(onLine: (line: string) => void, longest = LONGEST_LINE) {
    this.#onLine = onLine
    this.#longest = longest
  }

  add(chunk: Uint8Array | string): void {
    const text = this.#rest + (typeof chunk === 'string' ? chunk : this.#decoder.write(Buffer.from(chunk)))
    const lines = text.split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#emit(line)
    while (this.#rest.length > this.#longest) {
      this.#emit(this.#rest.slice(0, this.#longest))
      this.#rest = this.#rest.slice(this.#longest)
    }
  }

  /** Hands over what was printed without a line end. */
  end(): void {
    const rest = this.#rest + this.#decoder.end()
    this.#rest = ''
    if (rest !== '') this.#emit(rest)
  }

  #emit(line: string): void {
    const whole = line.endsWith('\r') ? line.slice(0, -1) : line
    const shown = whole.slice(whole.lastIndexOf('\r') + 1)
    for (let at = 0; at === 0 || at < shown.length; at += this.#longest) this.#onLine(shown.slice(at, at + this.#longest))
  }
}
