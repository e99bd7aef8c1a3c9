import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { StreamItem } from '../../../client/command.ts'
import { createPrinter, type Printer } from '../../../client/print/printer.ts'
import { Collected, CollectedTerminal } from '../typed.ts'

interface Printed {
  readonly printer: Printer
  readonly stdout: Collected
  readonly stderr: Collected
}

async function printerOn(flags: { json?: boolean; quiet?: boolean; terminal?: boolean } = {}): Promise<Printed> {
  const stdout = new Collected()
  const stderr = flags.terminal === true ? new CollectedTerminal(60) : new Collected()
  const { json = false, quiet = false } = flags
  return { printer: await createPrinter({ stdout, stderr, env: { NO_COLOR: '1' }, json, quiet, verbose: false }), stdout, stderr }
}

describe('createPrinter', () => {
  it('puts data on stdout and words about it on stderr', async () => {
    const { printer, stdout, stderr } = await printerOn()
    printer.note('reading')
    await printer.result({ json: { a: 1 }, text: () => 'a is 1', notes: ['that was all'] })
    expect(stdout.text).toBe('a is 1\n')
    expect(stderr.text).toBe('reading\nthat was all\n')
  })

  it('prints JSON instead where it is asked for', async () => {
    const { printer, stdout } = await printerOn({ json: true })
    await printer.result({ json: { a: 1 }, text: () => 'a is 1' })
    expect(JSON.parse(stdout.text)).toEqual({ a: 1 })
  })

  it('says nothing but the result when it is to be quiet, and errors all the same', async () => {
    const { printer, stdout, stderr } = await printerOn({ quiet: true })
    printer.note('reading')
    await printer.result({ text: () => 'x', notes: ['y'] })
    expect([stdout.text, stderr.text]).toEqual(['x\n', ''])
    printer.error(new Error('broken'))
    expect(stderr.text).toContain('broken')
  })

  it('prints a stream line by line', async () => {
    async function* stream() {
      yield { json: { n: 1 }, text: () => 'one' }
      yield { json: { n: 2 }, text: () => 'two' }
    }
    const plain = await printerOn()
    await plain.printer.result({ stream: stream() })
    expect(plain.stdout.text).toBe('one\ntwo\n')
    const json = await printerOn({ json: true })
    await json.printer.result({ stream: stream() })
    expect(json.stdout.text).toBe('{"n":1}\n{"n":2}\n')
  })

  it('takes no more from a stream than its reader has read', async () => {
    const stdout = new Writable({ highWaterMark: 64, write: (_chunk, _encoding, done) => void setTimeout(done, 1) })
    const printer = await createPrinter({ stdout, stderr: new Collected(), env: {}, json: true, quiet: false, verbose: false })
    let waiting = 0
    const rows = async function* (): AsyncGenerator<StreamItem> {
      for (let row = 0; row < 40; row += 1) {
        waiting = Math.max(waiting, stdout.writableLength)
        yield { json: { row, text: 'x'.repeat(50) }, text: () => '' }
      }
    }
    await printer.result({ stream: rows() })
    expect(waiting).toBeLessThan(200)
  })

  it('draws on a terminal, keeps lines above what is drawn, and takes it away before the result', async () => {
    const { printer, stderr } = await printerOn({ terminal: true })
    printer.live.draw((page) => `width ${page.width}`)
    printer.note('a line')
    printer.live.draw(() => 'second')
    await printer.result({ text: () => 'done' })
    // oxlint-disable-next-line no-control-regex -- what a terminal is told.
    const words = stderr.text.replaceAll(/\u001B\[[0-9;?]*[A-Za-z]/g, '')
    expect(words.split('\n').filter((line) => line !== '')).toEqual(['width 60', 'a line', 'width 60', 'second'])
    expect(stderr.text.lastIndexOf('second')).toBeLessThan(stderr.text.lastIndexOf('\u001B[2K'))
  })

  it('draws nothing where nobody looks', async () => {
    const { printer, stderr } = await printerOn()
    printer.live.draw(() => 'table')
    expect(stderr.text).toBe('')
  })
})
