import { messageOf, OnclockError } from '../pipeline/errors.ts'

/** Anything that a stage or the engine threw, as an error with a code: full disks and missing rights are told by name. */
export function toOnclockError(error: unknown): OnclockError {
  if (error instanceof OnclockError) return error
  const code = codeOf(error)
  const message = messageOf(error)
  if (isDiskFull(error))
    return new OnclockError('DISK_FULL', 'the disk is full', {
      hint: 'Free some space, then `onclock resume`; a run that had not begun: `onclock run`.',
      cause: error,
    })
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new OnclockError('NO_PERMISSION', message, { hint: 'Check the rights of the folder (ls -ld).', cause: error })
  // The data engine quotes cells; its own words stay in the cause.
  const engine = /^(?:(?!Out of Memory|INTERRUPT)[A-Z][A-Za-z ]* Error)(?=:)/.exec(message)?.[0]
  return new OnclockError('UNEXPECTED', engine === undefined ? message : `${engine} of the data engine`, { cause: error })
}

/** Whether this is what the system or the data engine says of a disk without space. */
export function isDiskFull(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOSPC' || code === 'EDQUOT' || /no space left on device/i.test(messageOf(error))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
