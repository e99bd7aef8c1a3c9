import { ensureBuilt } from '../../bin/build.js'

/** Threads, worker processes and the command run from `dist/`: built once before any test. */
export default function setup(): void {
  ensureBuilt()
}
