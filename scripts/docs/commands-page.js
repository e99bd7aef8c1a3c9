import { code, fragment, page, table } from './markdown.js'

/** The page on the command line, from the program that parses it. */
export function commandsPage(createProgram, exitCodes) {
  const out = []
  const program = createProgram(
    () => Promise.resolve(),
    (text) => out.push(text),
  )
  const helpOf = (command) => {
    out.length = 0
    command.outputHelp()
    return out.join('')
  }
  const commands = leaves(program)
  const lines = [
    'PIPELINE is a path or a name in `config/` (default: `main`). RUN is an ID, any unique part of it, `latest`, or `latest-failed`.',
    'STAGE is the name of a stage of the run.',
    '',
    ...table(
      ['command', ''],
      commands.map(({ name, command }) => [`[${code(name)}](#${name.replaceAll(' ', '-')})`, fragment(command.description())]),
    ),
    '',
    '## Options of every command',
    '',
    ...optionTable(program),
    '',
    '## Exit codes',
    '',
    ...table(
      ['code', ''],
      Object.entries(exitCodes).map(([exit, meaning]) => [exit, fragment(meaning)]),
    ),
    '',
    'Which error ends with which code is on the page [errors](errors.md).',
  ]
  for (const entry of commands) lines.push(...commandLines(entry, helpOf(entry.command)))
  return page('Commands', lines)
}

/** Commands that do something, with their whole names; a group such as `stage` does nothing by itself. */
function leaves(program, before = '') {
  return program.commands.flatMap((command) => {
    const name = `${before}${command.name()}`
    return command.commands.length > 0 ? leaves(command, `${name} `) : [{ name, command }]
  })
}

function commandLines({ name, command }, help) {
  const args = command.registeredArguments.map((argument) => {
    const shown = `${argument.name()}${argument.variadic ? '…' : ''}`
    return argument.required ? shown : `[${shown}]`
  })
  const options = optionTable(command)
  const examples = help.split('\nExamples:\n')[1]?.trimEnd()
  return [
    '',
    `## ${name}`,
    '',
    command.description(),
    '',
    '```sh',
    ['onclock', name, ...(options.length > 0 ? ['[options]'] : []), ...args].join(' '),
    '```',
    ...(options.length > 0 ? ['', ...options] : []),
    ...(examples === undefined ? [] : ['', 'Examples:', '', '```sh', examples.replaceAll(/^ {2}/gm, ''), '```']),
  ]
}

function optionTable(command) {
  const options = command.options.filter(({ hidden }) => !hidden)
  if (options.length === 0) return []
  return table(
    ['option', ''],
    options.map((option) => [code(option.flags.replaceAll(/[<>]/g, '')), describe(option)]),
  )
}

function describe({ description, argChoices, defaultValue, mandatory }) {
  const facts = [
    ...(argChoices === undefined ? [] : [argChoices.map(code).join(' or ')]),
    ...(defaultValue === undefined || Array.isArray(defaultValue) ? [] : [`default ${code(String(defaultValue))}`]),
    ...(mandatory ? ['needed'] : []),
  ]
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`
}
