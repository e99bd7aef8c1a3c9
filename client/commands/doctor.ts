import type { CommandContext, CommandResult } from '../command.ts'
import { checkMachine, type Finding } from '../project/check-machine.ts'

/** What onclock needs on this machine, checked one by one; exit code 5 when something is missing. */
export async function doctor(context: CommandContext): Promise<CommandResult> {
  const findings = await checkMachine(context)
  const failed = findings.some((finding) => finding.state === 'missing')
  return {
    exit: failed ? 5 : 0,
    json: { ok: !failed, checks: findings },
    text: ({ colours }) => {
      const sign = { ok: colours.green('✔'), note: colours.yellow('!'), missing: colours.red('✖') }
      const lines = (finding: Finding): string[] => [
        `${sign[finding.state]} ${colours.bold(finding.what)}  ${finding.found}`,
        ...(finding.remedy === null ? [] : [`  ${colours.cyan('→')} ${finding.remedy}`]),
      ]
      return findings.flatMap(lines).join('\n')
    },
  }
}
