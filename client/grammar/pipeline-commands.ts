import { type Command, Option } from 'commander'
import type { Perform } from '../program.ts'
import type { GraphOptions } from '../commands/graph.ts'
import type { StageRunOptions } from '../commands/stage-run.ts'
import type { TryOptions } from '../commands/try.ts'
import type { ValidateOptions } from '../commands/validate.ts'
import { collectSet, examples, globals, wholeNumber } from './run-commands.ts'

/** Everything about pipelines and stages that needs no run. */
export function addPipelineCommands(program: Command, perform: Perform): void {
  program.commandsGroup('Pipelines and stages:')
  program
    .command('validate [PIPELINE...]')
    .description('Check pipelines: every fault with its place and what to do.')
    .option('--no-code', "leave out the schemas of the project's own stages, so that none of its code runs")
    .option('--set <NAME=VALUE>', 'check with this value of a parameter', collectSet, [])
    .addHelpText(
      'after',
      examples('onclock validate', 'onclock validate reviews config/nightly.yaml', 'onclock validate --no-code stranger.yaml'),
    )
    .action(async (pipelines: string[], options: ValidateOptions, command: Command) =>
      perform(
        async (context) => (await import('../commands/validate.ts')).validate(context, pipelines, options),
        globals(command),
      ),
    )
  program
    .command('graph [PIPELINE]')
    .description('Draw the stages of a pipeline and what each works on.')
    .addOption(new Option('--format <FORMAT>', 'how to draw it').choices(['text', 'mermaid']).default('text'))
    .option('--set <NAME=VALUE>', 'a parameter that the pipeline cannot do without', collectSet, [])
    .addHelpText('after', examples('onclock graph', 'onclock graph reviews --format mermaid > docs/reviews.mmd'))
    .action(async (pipeline: string | undefined, options: GraphOptions, command: Command) =>
      perform(async (context) => (await import('../commands/graph.ts')).graph(context, pipeline, options), globals(command)),
    )
  addTry(program, perform)
  addInfer(program, perform)
  addStageCommands(program, perform)
}

function addTry(program: Command, perform: Perform): void {
  program
    .command('try [PIPELINE]')
    .description('Show what each built-in stage and rule would do to the first rows; needs no server, writes nothing.')
    .option('--stage <STAGE>', 'only this stage; what it works on is tried as well')
    .option('--rows <N>', 'rows taken from the beginning of each input file', wholeNumber, 10_000)
    .option('--set <NAME=VALUE>', 'set a parameter; may be given several times', collectSet, [])
    .addHelpText(
      'after',
      examples('onclock try', 'onclock try reviews --stage rules --rows 500', 'onclock try --set input_file=data/new.csv'),
    )
    .action(async (pipeline: string | undefined, options: TryOptions, command: Command) =>
      perform(async (context) => (await import('../commands/try.ts')).tryPipeline(context, pipeline, options), globals(command)),
    )
}

function addInfer(program: Command, perform: Perform): void {
  program
    .command('infer <FILE>')
    .description('Print how a CSV file is read and what its columns hold, as YAML for the config of take_input_csv.')
    .addHelpText('after', examples('onclock infer ~/Downloads/videos.csv', 'onclock infer data/videos.csv > columns.yaml'))
    .action(async (file: string, _options: object, command: Command) =>
      perform(async (context) => (await import('../commands/infer.ts')).infer(context, file), globals(command)),
    )
}

function addStageCommands(program: Command, perform: Perform): void {
  const stage = program.command('stage').description('List, show, try or make stages.')
  stage
    .command('ls')
    .description('List the built-in stages and those of this project.')
    .addHelpText('after', examples('onclock stage ls'))
    .action(async (_options: object, command: Command) =>
      perform(async (context) => (await import('../commands/stage-ls.ts')).stageLs(context), globals(command)),
    )
  stage
    .command('show <MODULE>')
    .description('Show what a stage does and every key of its config.')
    .addHelpText('after', examples('onclock stage show take_input_csv', 'onclock stage show stages/score.ts --json'))
    .action(async (module: string, _options: object, command: Command) =>
      perform(async (context) => (await import('../commands/stage-show.ts')).stageShow(context, module), globals(command)),
    )
  stage
    .command('run <MODULE>')
    .description('Run one stage here, without a server, and print its metadata as JSON.')
    .requiredOption(
      '--config <FILE>',
      'its config, JSON or YAML; - reads one JSON config a line and answers each with one line, errors included: the exit code is the highest of all answers',
    )
    .requiredOption('--out <DIR>', 'where its files go')
    .addHelpText(
      'after',
      examples(
        'onclock stage run take_input_csv --config intake.yaml --out /tmp/out',
        'onclock stage run stages/score.ts --config - --out out < configs.jsonl',
      ),
    )
    .action(async (module: string, options: StageRunOptions, command: Command) =>
      perform(async (context) => (await import('../commands/stage-run.ts')).stageRun(context, module, options), globals(command)),
    )
  stage
    .command('new <NAME>')
    .description('Write a TypeScript stage of your own and its test, to be filled in.')
    .addHelpText('after', examples('onclock stage new score'))
    .action(async (name: string, _options: object, command: Command) =>
      perform(async (context) => (await import('../commands/stage-new.ts')).stageNew(context, name), globals(command)),
    )
}
