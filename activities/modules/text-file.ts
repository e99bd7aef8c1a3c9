import { type FileHandle, open } from 'node:fs/promises'

const CHUNK_CHARACTERS = 1 << 16

/** A text file that is written piece by piece; made by the first piece. Await each write: what is not yet on the disk stays small. */
export class TextFile {
  readonly path: string
  #handle: FileHandle | null = null
  #buffer = ''
  #tail: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.path = path
  }

  async write(text: string): Promise<void> {
    this.#buffer += text
    if (this.#buffer.length >= CHUNK_CHARACTERS) await this.#flush()
  }

  /** Writes what is left; a file that nothing was written to does not exist. */
  async close(): Promise<void> {
    if (this.#buffer !== '') await this.#flush()
    await this.#tail
    await this.#handle?.close()
    this.#handle = null
  }

  #flush(): Promise<void> {
    const chunk = this.#buffer
    this.#buffer = ''
    this.#tail = this.#append(this.#tail, chunk)
    return this.#tail
  }

  async #append(earlier: Promise<void>, chunk: string): Promise<void> {
    await earlier
    this.#handle ??= await open(this.path, 'wx')
    await this.#handle.writeFile(chunk)
  }
}
