import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { byteTable, ENCODING_NAMES, type Encoding, encodingForm, findEncoding } from '../../../activities/csv/encodings.ts'
import { takeInputCsvSchema } from '../../../activities/stages/take-input-csv/config.ts'
import { type CsvBench, openBench, readCsv } from './read-csv.ts'

let bench: CsvBench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

/** Text in an encoding: each character by the bytes that decode to it. */
function encode(text: string, encoding: Encoding): Buffer {
  return Buffer.concat(Array.from(text, (character) => bytesOf(encoding).get(character) ?? Buffer.from('?')))
}

const known = new Map<Encoding, Map<string, Buffer>>()
function bytesOf(encoding: Encoding): Map<string, Buffer> {
  const found = known.get(encoding) ?? new Map<string, Buffer>()
  if (found.size > 0) return found
  for (let byte = 0; byte < 128; byte += 1) found.set(String.fromCharCode(byte), Buffer.of(byte))
  if (encodingForm(encoding) === 'single') {
    for (const [byte, character] of byteTable(encoding).characters.entries())
      if (!found.has(character)) found.set(character, Buffer.of(byte))
  } else {
    const decoder = new TextDecoder(encoding)
    for (let lead = 0x81; lead < 0xff; lead += 1)
      for (let trail = 0x40; trail < 0xff; trail += 1) {
        const character = decoder.decode(Uint8Array.of(lead, trail))
        if (Array.from(character).length === 1 && !found.has(character)) found.set(character, Buffer.of(lead, trail))
      }
  }
  known.set(encoding, found)
  return found
}

const TEXTS: { readonly [encoding in Encoding]?: string } = {
  'windows-1252': 'Château “élevé” – où est la forêt ? 5 €',
  'windows-1250': 'Zażółć gęślą jaźń, święto i kościół są świeże',
  'iso-8859-2': 'Zażółć gęślą jaźń, święto i kościół są świeże',
  'windows-1251': 'Привет мир, Москва и Санкт-Петербург, это хороший день',
  'koi8-r': 'Привет мир, Москва и Санкт-Петербург, это хороший день',
  'iso-8859-5': 'Привет мир, Москва и Санкт-Петербург, это хороший день',
  ibm866: 'Привет мир, Москва и Санкт-Петербург, это хороший день',
  'windows-1254': 'İstanbul’da güneşli bir gün, çığlık atan kuş ağaçta, şehir içi ulaşım',
  'iso-8859-7': 'Καλημερα κοσμε, Αθηνα και Θεσσαλονικη ειναι πολεις',
  'windows-1256': 'مرحبا بالعالم, القاهرة مدينة كبيرة في مصر',
  shift_jis: 'こんにちは世界、ソ連の表と能力、東京は日本の首都です',
  'euc-jp': 'こんにちは世界、ソ連の表と能力、東京は日本の首都です',
  gb18030: '你好世界，北京是中国的首都，这是一个测试文件',
  big5: '你好世界，臺北是一個城市，許功蓋這是一個測試',
  'euc-kr': '안녕하세요 세계, 서울은 대한민국의 수도입니다',
}

describe('an encoding that nobody says', () => {
  test.each(Object.entries(TEXTS) as [Encoding, string][])(
    '%s is found by its text, and read without a loss',
    async (encoding, text) => {
      const rows = Array.from({ length: 4 }, (_, at) => [String(at), text])
      const bytes = encode(`id,text\n${rows.map(([id, cell]) => `${id},"${cell}"\n`).join('')}`, encoding)
      const read = await readCsv(bench, bytes)
      expect(read.dialect.encoding).toBe(encoding)
      expect(read.rows).toEqual(rows)
      const lineBytes = (bytes.length - 8) / 4
      expect(read.places).toEqual(rows.map((_, at) => [at + 1, at + 2, 8 + at * lineBytes]))
    },
  )

  test('is not said to be in doubt where it is Western text as usual', async () => {
    const read = await readCsv(bench, encode('id,t\n1,Château élevé – où est la forêt ?\n', 'windows-1252'))
    expect(read.dialect.encoding).toBe('windows-1252')
    expect(read.warnings).toEqual([])
  })

  test('that cannot be told is said to be a guess, with the others', async () => {
    const read = await readCsv(bench, encode('id,t\n1,Příliš žluťoučký kůň úpěl ďábelské ódy\n', 'iso-8859-2'))
    expect(read.warnings).toEqual([expect.stringMatching(/the encoding of input\.csv is a guess: .* pin it with encoding:/)])
    expect(read.warnings.join()).not.toContain('kůň')
  })

  test('shows itself in the first bytes beyond ASCII far down, and is not taken for Windows-1252 then', async () => {
    const plain = Array.from({ length: 100_000 }, (_, at) => `${at},plain text\n`).join('')
    const bytes = encode(`id,text\n${plain}x,Привет мир и Москва\n`, 'koi8-r')
    const read = await readCsv(bench, bytes)
    expect(read.dialect.encoding).toBe('koi8-r')
    expect(read.rows.at(-1)).toEqual(['x', 'Привет мир и Москва'])
  })
})

describe('an encoding that is pinned', () => {
  test.each(ENCODING_NAMES.filter((name) => encodingForm(name) === 'single'))(
    '%s has a table in which ASCII is ASCII',
    (name) => {
      const { characters } = byteTable(name)
      expect(characters.slice(0, 128).join('')).toBe(Buffer.from(Array.from({ length: 128 }, (_, at) => at)).toString('latin1'))
      expect(new Set(characters.filter((character) => character !== '\ufffd')).size).toBeGreaterThan(180)
    },
  )

  test.each<[string, Encoding]>([
    ['UTF8', 'utf-8'],
    ['Windows-1252', 'windows-1252'],
    ['cp1251', 'windows-1251'],
    ['ISO_8859-1', 'latin-1'],
    ['latin2', 'iso-8859-2'],
    ['SJIS', 'shift_jis'],
    ['gbk', 'gb18030'],
    ['KOI8-R', 'koi8-r'],
  ])('may be written as %s', (name, encoding) => {
    expect(findEncoding(name)).toBe(encoding)
    expect(takeInputCsvSchema.parse({ encoding: name }).encoding).toBe(encoding)
  })

  test.each([
    ['windows-1253x', 'windows-1253'],
    ['shiftjs', 'shift'],
    ['klingon', 'known are utf-8'],
  ])('and mistyped as %s is told with what is near', (name, near) => {
    const { error } = takeInputCsvSchema.safeParse({ encoding: name })
    expect(error?.issues[0]?.message).toContain(near)
  })

  test('quotes, delimiters and line ends inside characters of two bytes are none', async () => {
    // 0x5c and 0x7c are the second bytes of these.
    const bytes = encode('id|text\n1|"ソ表能"\n2|ポ|x\n', 'shift_jis')
    const read = await readCsv(bench, bytes, { pins: { encoding: 'shift_jis', delimiter: '|' } })
    expect(read.rows).toEqual([['1', 'ソ表能']])
    expect(read.bad).toMatchObject([{ rule: 'too_many_fields', record: 2, line: 3, byte: 19, raw: '2|ポ|x' }])
  })
})

describe('a byte that is no character of its encoding', () => {
  test.each<[string, Buffer, Encoding, string, number]>([
    ['UTF-8', Buffer.from('id,t\n1,caf\xc3\xa9\n2,x\xe9y\n3,ok\n', 'latin1'), 'utf-8', 'UTF-8, at byte 16 of the file', 13],
    [
      'Windows-1252',
      Buffer.from('id,t\n1,caf\xe9\n2,x\x81y\n3,ok\n', 'latin1'),
      'windows-1252',
      'windows-1252, at byte 15 of the file',
      12,
    ],
    [
      'Windows-1253',
      Buffer.from('id,t\n1,\xe1\xe2\n2,x\xd2y\n3,ok\n', 'latin1'),
      'windows-1253',
      'windows-1253, at byte 13 of the file',
      10,
    ],
    ['UTF-16', Buffer.from('\ufeffid,t\n1,é\n2,x\ud800y\n3,ok\n', 'utf16le'), 'utf-16le', 'UTF-16le, at byte 26 of the file', 20],
    ['Shift_JIS', Buffer.from('id,t\n1,\x82\xa0\n2,x\xfdy\n3,ok\n', 'latin1'), 'shift_jis', 'shift_jis', 10],
    [
      'Shift_JIS, in front of a line end',
      Buffer.from('id,t\n1,\x82\xa0\n2,x\x82\n3,ok\n', 'latin1'),
      'shift_jis',
      'shift_jis',
      10,
    ],
    ['GB18030', Buffer.from('id,t\n1,\xc4\xe3\n2,x\xffy\n3,ok\n', 'latin1'), 'gb18030', 'gb18030', 10],
  ])('in %s rejects its record, and takes no neighbours with it', async (...[, bytes, encoding, said, byte]) => {
    const read = await readCsv(bench, bytes, { pins: { encoding } })
    expect(read.rows.map(([id]) => id)).toEqual(['1', '3'])
    expect(read.bad).toMatchObject([
      { rule: 'invalid_byte', record: 2, line: 3, byte, message: `has a byte that is not ${said}` },
    ])
    expect(read.places.at(-1)).toEqual([3, 4, bytes.length - (encoding === 'utf-16le' ? 10 : 5)])
  })

  test('a file of UTF-16 that ends in half a character says so', async () => {
    const bytes = Buffer.concat([Buffer.from('\ufeffid,t\n1,é\n2,x', 'utf16le'), Buffer.of(0x41)])
    const read = await readCsv(bench, bytes)
    expect(read.bad).toMatchObject([{ rule: 'invalid_byte', record: 2 }])
  })

  test('U+FFFD as it was delivered is a character', async () => {
    const read = await readCsv(bench, Buffer.from('\ufeffid,t\n1,\ufffd\n', 'utf16le'))
    expect(read.rows).toEqual([['1', '\ufffd']])
  })
})

describe('UTF-16 and UTF-32', () => {
  test('UTF-16 without a mark is found in a script without zeros too', async () => {
    const text = `id,текст\n${'1,Привет мир и Москва\n'.repeat(20)}`
    const read = await readCsv(bench, Buffer.from(text, 'utf16le'))
    expect(read.dialect.encoding).toBe('utf-16le')
    expect(read.rows[19]).toEqual(['1', 'Привет мир и Москва'])
  })

  test.each([true, false])('UTF-32 is refused by name, with a mark: %s', async (mark) => {
    const text = `${mark ? '\ufeff' : ''}id,t\n1,x\n`
    const bytes = Buffer.alloc(text.length * 4)
    for (const [at, character] of Array.from(text).entries()) bytes.writeUInt32LE(character.codePointAt(0) ?? 0, at * 4)
    await expect(readCsv(bench, bytes)).rejects.toMatchObject({ code: 'INPUT_UNREADABLE', message: /is UTF-32/, hint: /iconv/ })
  })
})
