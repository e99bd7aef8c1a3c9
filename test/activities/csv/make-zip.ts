import { crc32, deflateRawSync } from 'node:zlib'

interface ZipFaults {
  readonly stored?: boolean
  readonly badChecksum?: boolean
  readonly encrypted?: boolean
}

/** A zip archive of some files, as simple as the format lets it be. */
export function makeZip(files: { readonly [name: string]: string | Buffer }, faults: ZipFaults = {}): Buffer {
  const bodies: Buffer[] = []
  const entries: Buffer[] = []
  let at = 0
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text)
    const data = faults.stored === true ? content : deflateRawSync(content)
    const common = commonFields(content, data, name, faults)
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), common, Buffer.from(name), data])
    const entry = Buffer.alloc(14)
    entry.writeUInt32LE(at, 10)
    entries.push(Buffer.concat([Buffer.from('504b01021400', 'hex'), common, entry, Buffer.from(name)]))
    bodies.push(local)
    at += local.length
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...bodies, directory, end])
}

/** What the header of a member and its entry in the directory have in common. */
function commonFields(content: Buffer, data: Buffer, name: string, faults: ZipFaults): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(faults.encrypted === true ? 1 : 0, 2)
  fields.writeUInt16LE(faults.stored === true ? 0 : 8, 4)
  fields.writeUInt32LE((crc32(content) ^ (faults.badChecksum === true ? 1 : 0)) >>> 0, 10)
  fields.writeUInt32LE(data.length, 14)
  fields.writeUInt32LE(content.length, 18)
  fields.writeUInt16LE(Buffer.byteLength(name), 22)
  return fields
}
