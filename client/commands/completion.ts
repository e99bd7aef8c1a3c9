import type { Command } from 'commander'
import { OnclockError } from '../../pipeline/errors.ts'
import type { CommandResult } from '../command.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

/** A script that completes commands and options, made from the grammar itself. */
export function completion(program: Command, shell: string): Promise<CommandResult> {
  const known = SHELLS.find((name) => name === shell)
  if (known === undefined)
    throw new OnclockError('USAGE', `there is no completion for "${shell}"`, { hint: `It can be ${SHELLS.join(', ')}.` })
  const words = wordsOf(program)
  const text = known === 'fish' ? fishScript(words) : bashScript(words, known === 'zsh')
  return Promise.resolve({ json: { shell: known, script: text }, text: () => text })
}

/** What may follow each command, by its path: `stage` has `ls show run new`, `stage run` its options. */
interface Words {
  readonly path: string
  readonly commands: readonly { readonly name: string; readonly description: string }[]
  readonly options: readonly string[]
}

function wordsOf(program: Command): Words[] {
  const global = optionsOf(program)
  const visit = (command: Command, path: string): Words[] => [
    {
      path,
      commands: command.commands.map((child) => ({ name: child.name(), description: child.description() })),
      options: [...new Set([...optionsOf(command), ...global, '--help'])],
    },
    ...command.commands.flatMap((child) => visit(child, `${path} ${child.name()}`.trim())),
  ]
  return visit(program, '')
}

function optionsOf(command: Command): string[] {
  return command.options.flatMap((option) => (option.long === undefined ? [] : [option.long]))
}

/** Zsh understands the completions of Bash. */
function bashScript(words: readonly Words[], zsh: boolean): string {
  const cases = words.map(({ path, commands, options }) => {
    const next = [...commands.map(({ name }) => name), ...options].join(' ')
    return `    '${path}') words='${next}' ;;`
  })
  return [
    ...(zsh ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
    '_onclock() {',
    "  local path='' word words=''",
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$word" in -*) ;; *)',
    '      case " $(_onclock_paths) " in *" ${path:+$path/}$word "*) path="${path:+$path/}$word" ;; esac ;;',
    '    esac',
    '  done',
    '  case "${path//\\// }" in',
    ...cases,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    `_onclock_paths() { echo '${words
      .map(({ path }) => path.replaceAll(' ', '/'))
      .filter((path) => path !== '')
      .join(' ')}'; }`,
    'complete -o default -F _onclock onclock',
    `# ${zsh ? 'In ~/.zshrc: source <(onclock completion zsh)' : 'In ~/.bashrc: source <(onclock completion bash)'}`,
  ].join('\n')
}

function fishScript(words: readonly Words[]): string {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = words.flatMap(({ path, commands, options }) => {
    const seen = path.split(' ').filter((name) => name !== '')
    const condition =
      seen.length === 0 ? '__fish_use_subcommand' : seen.map((name) => `__fish_seen_subcommand_from ${name}`).join('; and ')
    return [
      ...commands.map(
        ({ name, description }) => `complete -c onclock -f -n ${quoted(condition)} -a ${name} -d ${quoted(description)}`,
      ),
      ...options.map((option) => `complete -c onclock -n ${quoted(condition)} -l ${option.slice(2)}`),
    ]
  })
  return [...lines, '# Once: onclock completion fish > ~/.config/fish/completions/onclock.fish'].join('\n')
}
