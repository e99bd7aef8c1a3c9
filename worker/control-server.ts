import { timingSafeEqual } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { type Ask, onMessage, type Say, send } from './supervisor-messages.ts'

/** A command has this long to say what it wants. */
const ASK_MS = 10_000

export interface ControlHandlers {
  lease(socket: Socket, tty: boolean): void
  status(socket: Socket): void
  stop(socket: Socket): void
  gone(socket: Socket): void
}

/**
 * Listens on the loopback interface for the commands of the project. Whoever does not know the token, which lies in a file
 * that only this user can read, is cut off without an answer.
 */
export class ControlServer {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #token = ''
  #identity: Say | null = null
  #handlers: ControlHandlers | null = null

  constructor() {
    this.#server = createServer((socket) => this.#accept(socket))
  }

  /** Starts to listen and returns the port; connections wait until `open`. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ port: 0, host: '127.0.0.1' }, () => {
        const address = this.#server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
  }

  open(token: string, identity: Say, handlers: ControlHandlers): void {
    this.#token = token
    this.#identity = identity
    this.#handlers = handlers
  }

  /** Tells everybody who is connected. */
  broadcast(message: Say): void {
    for (const socket of this.#sockets) send(socket, message)
  }

  /** No new connections from now on; those there are stay until `disconnect`. */
  close(): void {
    this.#server.close()
  }

  disconnect(): void {
    for (const socket of this.#sockets) socket.end()
  }

  #accept(socket: Socket): void {
    const impatient = setTimeout(() => socket.destroy(), ASK_MS)
    socket.once('close', () => {
      clearTimeout(impatient)
      if (this.#sockets.delete(socket)) this.#handlers?.gone(socket)
    })
    onMessage(socket, (message) => {
      const ask = message as Ask
      if (this.#sockets.has(socket)) return
      if (this.#handlers === null || this.#identity === null || !isSame(ask.token, this.#token)) {
        socket.destroy()
        return
      }
      clearTimeout(impatient)
      this.#sockets.add(socket)
      send(socket, this.#identity)
      this.#answer(ask, socket, this.#handlers)
    })
  }

  #answer({ ask, tty }: Ask, socket: Socket, handlers: ControlHandlers): void {
    if (ask === 'lease') handlers.lease(socket, tty)
    else if (ask === 'status') handlers.status(socket)
    else handlers.stop(socket)
  }
}

function isSame(given: unknown, token: string): boolean {
  const [a, b] = [Buffer.from(String(given)), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}
