import { messageOf, OnclockError } from '../pipeline/errors.ts'

/** Anything that a stage or the engine threw, as an error with a code: full disks and missing rights are told by name. */
export function toOnclockError(error: unknown): OnclockError {
  if (error instanceof OnclockError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const message = messageOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT' || /no space left on device/i.test(message))
    return new OnclockError('DISK_FULL', 'the disk is full', {
      hint: 'Free some space; the run then goes on with `onclock resume`.',
      cause: error,
    })
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new OnclockError('NO_PERMISSION', message, { hint: 'Check the rights of the folder (ls -ld).', cause: error })
  return new OnclockError('UNEXPECTED', message, { cause: error })
}
