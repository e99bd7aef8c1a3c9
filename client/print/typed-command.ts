import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Commands of ours that messages tell people to type; the end of a colour is no letter before them. */
const HINTED =
  /(?<=^|\W|\[[\d;]*m)onclock (?=(?:run|resume|watch|ls|show|rows|diff|verify|logs|cancel|validate|graph|stage|init|up|down|worker|doctor|schema)\b)/g

/**
 * What people have to type for `onclock resume`: with `npx` in front where the shell would not find the command, as in a clone
 * or a project that has it in its own node_modules.
 */
export function typedCommand(env: Readonly<Record<string, string | undefined>>): (text: string) => string {
  const folders = (env['PATH'] ?? '').split(delimiter)
  // npm and npx put these on the path of what they start; the person's shell has them not.
  const own = folders.filter((folder) => folder !== '' && !folder.includes('node_modules') && !folder.includes('node-gyp-bin'))
  if (own.some((folder) => existsSync(join(folder, 'onclock')))) return (text) => text
  return (text) => text.replace(HINTED, (hint, at: number) => (text.slice(0, at).endsWith('npx ') ? hint : `npx ${hint}`))
}
