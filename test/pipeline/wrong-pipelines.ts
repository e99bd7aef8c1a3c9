/** A pipeline file that is wrong, and the fault that must be found. */
export interface WrongPipeline {
  readonly name: string
  readonly text: string
  /** `line:column code message` */
  readonly fault: string
  readonly hint?: string
  /** Only what hangs on other places of the file, on the catalog or on values given is beyond a JSON Schema. */
  readonly beyondSchema?: true
}

const stages = '  stages:\n    - {name: a, module: src.a}\n'
const head = (lines: string): string => `pipeline:\n  name: p\n${lines}${stages}`
const stage = (keys: string): string => `pipeline:\n  name: p\n  stages:\n    - {name: a, module: src.a, ${keys}}\n`
const intake = (keys: string): string =>
  `pipeline:\n  name: p\n  stages:\n    - name: a\n      module: take_input_csv\n      config: {input_file: x.csv, ${keys}}\n`
const two = (second: string, first = ''): string =>
  `pipeline:\n  name: p\n  stages:\n    - {name: clean, module: src.a${first}}\n    - {name: b, module: src.b, ${second}}\n`

export const wrongPipelines: readonly WrongPipeline[] = [
  // The file
  { name: 'an empty file', text: '', fault: '1:1 empty_file the file is empty' },
  { name: 'only comments', text: '# a\n\n  # b\n', fault: '1:1 empty_file the file is empty' },
  { name: 'a list', text: '- a\n', fault: '1:1 not_a_mapping the file is no mapping' },
  { name: 'one text', text: 'hello\n', fault: '1:1 not_a_mapping the file is no mapping' },
  {
    name: 'no pipeline',
    text: 'pipelin: {name: p}\n',
    fault: '1:1 no_pipeline the file has no key "pipeline"',
    hint: 'Did you mean "pipeline"?',
  },
  {
    name: 'stages without pipeline',
    text: 'name: p\nstages: []\n',
    fault: '1:1 no_pipeline the file has no key "pipeline"',
    hint: 'Put name, stages and the rest under pipeline:',
  },
  {
    name: 'another file',
    text: 'a: 1\n',
    fault: '1:1 no_pipeline the file has no key "pipeline"',
    hint: 'A pipeline file begins with the key pipeline:',
  },
  { name: 'a pipeline that is text', text: 'pipeline: x\n', fault: '1:1 no_pipeline "pipeline" is no mapping' },
  {
    name: 'a key beside pipeline',
    text: `extra: 1\n${head('')}`,
    fault: '1:1 unknown_key unknown key "extra" beside "pipeline"',
  },
  {
    name: 'several documents',
    text: `${head('')}---\na: 1\n`,
    fault: '5:1 several_documents the file holds several YAML documents',
    beyondSchema: true,
  },
  {
    name: 'a lost encoding',
    text: head('  description: caf\uFFFD\n'),
    fault: '3:19 not_utf8 a character here is not UTF-8',
    beyondSchema: true,
  },
  { name: 'binary content', text: 'PK\0\u0003', fault: '1:3 not_text the file is no UTF-8 text', beyondSchema: true },
  { name: 'tabs', text: 'pipeline:\n\tname: p\n', fault: '2:1 yaml_tab a tab cannot indent in YAML', beyondSchema: true },
  { name: 'a key twice', text: head('  name: q\n'), fault: '3:3 duplicate_key key "name" is written twice', beyondSchema: true },
  { name: 'a key that is no text', text: head('  ? [a]\n  : b\n'), fault: '3:5 bad_key a key must be text', beyondSchema: true },
  {
    name: 'aliases in circles',
    text: 'pipeline: &p\n  name: p\n  stages: *p\n',
    fault: '1:1 alias_loop aliases of the file go in circles or repeat without end',
    beyondSchema: true,
  },

  // The pipeline
  { name: 'no name', text: `pipeline:\n${stages}`, fault: '2:3 missing_key key "name" is missing under pipeline' },
  {
    name: 'a name that is a number',
    text: 'pipeline:\n  name: 007\n' + stages,
    fault: '2:9 wrong_type "name" must be text, found 7 under pipeline',
    hint: "Put it in single quotes: name: '007'",
  },
  { name: 'no stages', text: 'pipeline:\n  name: p\n', fault: '1:1 no_stages the pipeline has no stages' },
  {
    name: 'an empty list of stages',
    text: 'pipeline:\n  name: p\n  stages: []\n',
    fault: '3:3 no_stages "stages" must be a list with at least one stage',
  },
  {
    name: 'stages that are a mapping',
    text: 'pipeline:\n  name: p\n  stages: {a: 1}\n',
    fault: '3:3 no_stages "stages" must be a list with at least one stage',
  },
  {
    name: 'an unknown key',
    text: head('  stagse: 1\n'),
    fault: '3:3 unknown_key unknown key "stagse" under pipeline',
    hint: 'Did you mean "stages"?',
  },
  {
    name: 'a word of a later version',
    text: head('  notify: []\n'),
    fault: '3:3 not_offered_yet "notify" is not offered yet under pipeline',
  },
  {
    name: 'another word of a later version',
    text: head('  finally: []\n'),
    fault: '3:3 not_offered_yet "finally" is not offered yet under pipeline',
  },
  {
    name: 'an unknown log level',
    text: head('  config: {log_level: info}\n'),
    fault: '3:23 bad_value "log_level" must be DEBUG, INFO, WARNING or ERROR, found "info" in config',
    hint: 'Did you mean "INFO"?',
  },
  {
    name: 'an unknown time zone',
    text: head('  config: {timezone: Europe/Berln}\n'),
    fault: '3:22 unknown_timezone "Europe/Berln" is no time zone',
    hint: 'Did you mean "Europe/Berlin"?',
    beyondSchema: true,
  },
  {
    name: 'a section without a value',
    text: head('  config:\n'),
    fault: '3:3 null_value "config" has no value in config',
    hint: 'Give it a value, or take the key out',
  },
  {
    name: 'an execution key',
    text: head('  execution: {paralel: true}\n'),
    fault: '3:15 unknown_key unknown key "paralel" in execution',
    hint: 'Did you mean "parallel"?',
  },
  {
    name: 'a switch in words of YAML 1.1',
    text: head('  execution: {parallel: yes}\n'),
    fault: '3:25 wrong_type "parallel" must be true or false, found "yes" in execution',
    hint: 'YAML 1.2 knows true and false: write true',
  },
  {
    name: 'no place for stages',
    text: head('  execution: {parallel: true, max_parallel: 0}\n'),
    fault: '3:45 bad_value "max_parallel" must be at least 1, found 0 in execution',
  },
  {
    name: 'a reference in a section',
    text: head("  execution: {max_parallel: '${params.n}'}\n"),
    fault: '3:29 unknown_reference ${params.n} names no parameter',
    beyondSchema: true,
  },
  {
    name: 'a retry key',
    text: head('  defaults: {retry: {maximum_atempts: 3}}\n'),
    fault: '3:22 unknown_key unknown key "maximum_atempts" in defaults',
    hint: 'Did you mean "maximum_attempts"?',
  },
  {
    name: 'a timeout below the default heartbeat',
    text: head('  defaults: {timeout: 10s, heartbeat_timeout: 1m}\n'),
    fault: '3:47 timeout_below_heartbeat the timeout of stage "a", 10s, is below its heartbeat_timeout, 1m',
    beyondSchema: true,
  },

  // Parameters
  { name: 'params that are a list', text: head('  params: []\n'), fault: '3:11 wrong_type "params" must be a mapping' },
  {
    name: 'a parameter of no type',
    text: head('  params: {n: {type: float}}\n'),
    fault:
      '3:22 bad_value "type" must be text, string, integer, decimal, number, boolean, path, date or id, found "float" in parameter "n"',
  },
  {
    name: 'a parameter without a value',
    text: head('  params: {n: {type: integer}}\n'),
    fault: '3:12 missing_param parameter "n" has no value',
    hint: 'Run with --set n=…, or give it a default',
    beyondSchema: true,
  },
  {
    name: 'a value of another type where the parameter is used too',
    text: `${head('  params: {n: {type: integer, default: x}}\n').replace(/\n  stages:[^]*/, '')}
  stages:
    - name: a
      module: take_input_csv
      config: {input_file: x.csv, columns: {v: {min: '\${params.n}'}}}
`,
    fault: '3:40 bad_param the default of parameter "n" must be a whole number',
    beyondSchema: true,
  },
  {
    name: 'a default of another type',
    text: head('  params: {n: {type: integer, default: x}}\n'),
    fault: '3:40 bad_param the default of parameter "n" must be a whole number',
    beyondSchema: true,
  },
  {
    name: 'a parameter name',
    text: head('  params: {"a b": {type: text, default: x}}\n'),
    fault: '3:12 bad_key "a b" cannot name a parameter',
  },

  // Stages
  {
    name: 'a stage that is text',
    text: 'pipeline:\n  name: p\n  stages:\n    - clean\n',
    fault: '4:7 wrong_type it must be a mapping, found "clean" in stage "stage 1"',
  },
  {
    name: 'a stage without a name',
    text: 'pipeline:\n  name: p\n  stages:\n    - {module: src.a}\n',
    fault: '4:7 missing_key key "name" is missing in stage "stage 1"',
  },
  {
    name: 'a stage named by a number',
    text: 'pipeline:\n  name: p\n  stages:\n    - {name: 01, module: src.a}\n',
    fault: '4:14 wrong_type "name" must be text, found 1 in stage "stage 1"',
    hint: "Put it in single quotes: name: '01'",
  },
  ...['a/b', '../a', '-a', 'a.', 'a:b', 'plan', 'close', 'x'.repeat(101)].map((name): WrongPipeline => ({
    name: `a stage named ${name.slice(0, 9)}`,
    text: `pipeline:\n  name: p\n  stages:\n    - {name: '${name}', module: src.a}\n`,
    fault: `4:14 bad_value "name" must `,
  })),
  {
    name: 'two stages of one name',
    text: two('').replace('name: b', 'name: clean'),
    fault: '5:14 duplicate_stage two stages are called "clean"',
    beyondSchema: true,
  },
  {
    name: 'two names that differ in case',
    text: two('').replace('name: b', 'name: Clean'),
    fault: '5:14 duplicate_stage stage names "clean" and "Clean" differ only in case',
    beyondSchema: true,
  },
  {
    name: 'an unknown key of a stage',
    text: stage('retires: 3'),
    fault: '4:32 unknown_key unknown key "retires" in stage "a"',
    hint: 'Did you mean "retry"?',
  },
  {
    name: 'a condition',
    text: stage('when: x'),
    fault: '4:32 not_offered_yet "when" is not offered yet in stage "a"',
    hint: 'It is a word of a later version: take it out',
  },
  {
    name: 'a pause of no length',
    text: stage('on_failure: pause, pause_timeout: 0s'),
    fault: '4:66 bad_value "pause_timeout" must be a duration with its unit, such as 30s, 5m or 1h30m, above zero in stage "a"',
  },
  {
    name: 'an unknown reaction',
    text: stage('on_failure: wran'),
    fault: '4:44 bad_value "on_failure" must be fail, continue, warn or pause, found "wran" in stage "a"',
    hint: 'Did you mean "warn"?',
  },
  {
    name: 'neither module nor command',
    text: 'pipeline:\n  name: p\n  stages:\n    - {name: a}\n',
    fault: '4:7 no_module stage "a" has neither module nor command',
  },
  {
    name: 'both module and command',
    text: stage('command: ls'),
    fault: '4:32 module_and_command stage "a" has both module and command',
  },
  {
    name: 'a function of a command',
    text: 'pipeline:\n  name: p\n  stages:\n    - {name: a, command: ls, function: run}\n',
    fault: '4:30 function_of_command stage "a" is a command, which has no function',
  },
  {
    name: 'an empty command',
    text: 'pipeline:\n  name: p\n  stages:\n    - {name: a, command: []}\n',
    fault: '4:26 bad_value "command" must not be empty, found a list in stage "a"',
  },
  {
    name: 'an unknown module',
    text: 'pipeline:\n  name: p\n  stages:\n    - {name: a, module: take_input_cvs}\n',
    fault: '4:25 unknown_module no built-in stage is called "take_input_cvs" (stage "a")',
    hint: 'Did you mean "take_input_csv"?',
    beyondSchema: true,
  },
  {
    name: 'a module that is a list',
    text: 'pipeline:\n  name: p\n  stages:\n    - {name: a, module: [x]}\n',
    fault: '4:25 wrong_type "module" must be text, found a list in stage "a"',
  },
  {
    name: 'a timeout without a unit',
    text: stage('timeout: 90'),
    fault: '4:41 wrong_type "timeout" must be a duration with its unit, such as 30s, 5m or 1h30m, found 90 in stage "a"',
  },
  {
    name: 'a timeout of another kind',
    text: stage('timeout: 1 hour'),
    fault: '4:41 bad_value "timeout" must be a duration with its unit, such as 30s, 5m or 1h30m, above zero in stage "a"',
  },
  {
    name: 'no time at all',
    text: stage('timeout: 0s'),
    fault: '4:41 bad_value "timeout" must be a duration with its unit, such as 30s, 5m or 1h30m, above zero in stage "a"',
  },
  {
    name: 'a timeout below the heartbeat',
    text: stage('timeout: 10s, heartbeat_timeout: 1m'),
    fault: '4:41 timeout_below_heartbeat the timeout of stage "a", 10s, is below its heartbeat_timeout, 1m',
    hint: 'Make heartbeat_timeout the shorter one',
    beyondSchema: true,
  },
  {
    name: 'a heartbeat above the timeout',
    text: stage('heartbeat_timeout: 2h'),
    fault: '4:51 timeout_below_heartbeat the timeout of stage "a", 1h, is below its heartbeat_timeout, 2h',
    beyondSchema: true,
  },
  {
    name: 'no attempts',
    text: stage('retry: {maximum_attempts: 0}'),
    fault: '4:58 bad_value "maximum_attempts" must be at least 1, found 0 in stage "a"',
  },
  {
    name: 'half an attempt',
    text: stage('retry: {maximum_attempts: 1.5}'),
    fault: '4:58 wrong_type "maximum_attempts" must be a whole number, found 1.5 in stage "a"',
  },
  {
    name: 'an unknown reference',
    text: stage("config: {x: '${params.n}'}"),
    fault: '4:44 unknown_reference ${params.n} names no parameter in stage "a"',
    beyondSchema: true,
  },
  {
    name: 'an unknown variable',
    text: stage("config: {x: '${env.NOT_SET}'}"),
    fault: '4:44 unknown_reference the environment variable NOT_SET is not set in stage "a"',
    beyondSchema: true,
  },
  {
    name: 'a config that is a list',
    text: stage('config: []'),
    fault: '4:40 wrong_type "config" must be a mapping, found a list in stage "a"',
  },
  {
    name: 'a config of nothing',
    text: stage('config: ~'),
    fault: '4:40 null_value "config" has no value in stage "a"',
    hint: "~ means no value in YAML; if the text is meant, put it in single quotes: config: '~'",
  },

  // Stages and each other
  {
    name: 'a need that is no stage',
    text: two('needs: [cleen]'),
    fault: '5:40 unknown_stage stage "b" needs "cleen", which is no stage',
    hint: 'Did you mean "clean"?',
    beyondSchema: true,
  },
  {
    name: 'a plain need that is no stage',
    text: two('needs: cleen'),
    fault: '5:39 unknown_stage stage "b" needs "cleen", which is no stage',
    beyondSchema: true,
  },
  {
    name: 'an input that is no stage',
    text: two('input: cleen'),
    fault: '5:39 unknown_stage input "cleen" of stage "b" is no stage',
    hint: 'Did you mean "clean"?',
    beyondSchema: true,
  },
  {
    name: 'a need found beside another fault',
    text: two('needs: [cleen], timeout: 90'),
    fault: '5:40 unknown_stage stage "b" needs "cleen", which is no stage',
    beyondSchema: true,
  },
  {
    name: 'a cycle',
    text: two('needs: [clean]', ', needs: [b]'),
    fault: '4:44 cycle stages need each other: clean → b → clean',
    beyondSchema: true,
  },
  {
    name: 'an input by a name with a dash',
    text: two('input: {a-b: clean}'),
    fault: '5:40 bad_key "a-b" is no name that may stand here in stage "b"',
  },
  {
    name: 'two outputs of one name',
    text: two('config: {output_file: y/out.csv}', ', config: {output_file: x/out.csv}'),
    fault: '5:54 duplicate_output stages "clean" and "b" both write out_<run ID>.csv',
    beyondSchema: true,
  },
  {
    name: 'an output named as a file of the engine',
    text: two('config: {output_file: stage1_rejected.csv}'),
    fault: "5:54 reserved_output stage1_rejected_<run ID>.csv is a file of the engine's own",
    beyondSchema: true,
  },
  {
    name: 'two stages whose names give one output',
    text: two('').replace('name: b', "name: 'cl an'").replace('name: clean', "name: 'cl_an'"),
    fault: '5:14 duplicate_output stages "cl_an" and "cl an" both write cl_an_<run ID>.csv',
    beyondSchema: true,
  },
  {
    name: 'an output named as another stage',
    text: two('config: {output_file: clean.csv}').replace('src.a', 'stages/a.ts'),
    fault: '5:54 duplicate_output stages "clean" and "b" both write clean_<run ID>.csv',
    beyondSchema: true,
  },

  // Configs of built-in stages
  {
    name: 'a key of a config',
    text: intake('colums: {}'),
    fault: '6:35 unknown_key unknown key "colums" in stage "a"',
    hint: 'Did you mean "columns"?',
  },
  {
    name: 'a key of a column',
    text: intake('columns: {x: {typ: id}}'),
    fault: '6:49 unknown_key unknown key "typ" in stage "a"',
    hint: 'Did you mean "type"?',
  },
  { name: 'a value of a column', text: intake('columns: {x: {min: a}}'), fault: '6:54 bad_value "min" ' },
  {
    name: 'a missing key of a config',
    text: 'pipeline:\n  name: p\n  stages:\n    - name: a\n      module: take_input_csv\n      config: {}\n',
    fault: '6:15 missing_key key "input_file" is missing in stage "a"',
  },
  {
    name: 'a missing config',
    text: 'pipeline:\n  name: p\n  stages:\n    - name: a\n      module: take_input_csv\n',
    fault: '4:7 missing_key key "input_file" is missing in stage "a"',
  },
  {
    name: 'a config of a built-in by its other name',
    text: intake('colums: {}').replace('take_input_csv', 'src.01_take_input_csv'),
    fault: '6:35 unknown_key unknown key "colums" in stage "a"',
  },
  {
    name: 'a rule in a rule',
    text: 'pipeline:\n  name: p\n  stages:\n    - name: a\n      module: rule_based_filtering\n      config: {rules: [{id: x, all: [{id: 7}]}]}\n',
    fault: '6:43 wrong_type "id" must be text, found 7 in stage "a"',
  },
  {
    name: 'a # that is meant as text',
    text: intake('').replace('config: {input_file: x.csv, }', 'config:\n        input_file: x.csv\n        header: #'),
    fault: '8:9 null_value "header" has no value in stage "a"',
    hint: "A # begins a comment; if it is meant as text, put it in single quotes: header: '#'",
  },
  {
    name: 'a & that is meant as text',
    text: intake('').replace('config: {input_file: x.csv, }', 'config:\n        input_file: x.csv\n        delimiter: &x'),
    fault: '8:9 null_value "delimiter" has no value in stage "a"',
    hint: "&x is an anchor in YAML; if it is meant as text, put it in single quotes: delimiter: '&x'",
  },
  {
    name: 'a null that is meant as text',
    text: intake('null_tokens: [NA, ~]'),
    fault: '6:53 null_value null_tokens[1] has no value in stage "a"',
    hint: "~ means no value in YAML; if the text is meant, put it in single quotes: '~'",
  },

  // Schedules
  { name: 'schedules that are a mapping', text: head('  schedules: {}\n'), fault: '3:14 wrong_type "schedules" must be a list' },
  {
    name: 'a schedule without a time',
    text: head('  schedules: [{id: s}]\n'),
    fault: '3:15 no_timing schedule "s" has neither cron nor every',
  },
  {
    name: 'a schedule with two times',
    text: head("  schedules: [{id: s, every: 1h, cron: '0 2 * * *'}]\n"),
    fault: '3:23 two_timings schedule "s" has both cron and every',
  },
  {
    name: 'a cron line of four fields',
    text: head("  schedules: [{id: s, cron: '0 2 * *'}]\n"),
    fault: '3:29 bad_value "cron" must be five fields such as 0 2 * * *, or @daily in schedule "s"',
  },
  {
    name: 'a cron line out of range',
    text: head("  schedules: [{id: s, cron: '0 25 * * *'}]\n"),
    fault: '3:29 bad_value "cron" of schedule "s": hour "25" is not within 0 to 23',
    beyondSchema: true,
  },
  {
    name: 'a schedule that ends before it starts',
    text: head("  schedules: [{id: s, every: 5m, start: '2026-12-02T00:00:00Z', end: '2026-12-01T00:00:00Z'}]\n"),
    fault: '3:70 bad_value "end" of schedule "s" is before its "start"',
    beyondSchema: true,
  },
  {
    name: 'a schedule that starts on new files',
    text: head("  schedules: [{id: s, every: 5m, new_file: 'x'}]\n"),
    fault: '3:34 not_offered_yet "new_file" is not offered yet in schedule "s"',
  },
  {
    name: 'a schedule name',
    text: head('  schedules: [{id: a b, every: 5m}]\n'),
    fault: '3:20 bad_value "id" must hold only letters, digits, "_" and "-": it is part of run IDs in schedule "a b"',
  },
  {
    name: 'two schedules of one name',
    text: head('  schedules: [{id: s, every: 5m}, {id: s, every: 6m}]\n'),
    fault: '3:40 duplicate_schedule two schedules are called "s"',
    beyondSchema: true,
  },
  {
    name: 'a schedule’s time zone',
    text: head('  schedules: [{id: s, every: 5m, timezone: Mars}]\n'),
    fault: '3:44 unknown_timezone "Mars" is no time zone',
    beyondSchema: true,
  },
  {
    name: 'a schedule that sets no parameter',
    text: head('  params: {n: {type: integer, default: 1}}\n  schedules: [{id: s, every: 5m, set: {m: 1}}]\n'),
    fault: '4:40 unknown_param schedule "s" sets "m", which is no parameter',
    hint: 'Did you mean "n"?',
    beyondSchema: true,
  },
  {
    name: 'a schedule that sets another type',
    text: head('  params: {n: {type: integer, default: 1}}\n  schedules: [{id: s, every: 5m, set: {n: x}}]\n'),
    fault: '4:43 bad_param parameter "n" must be a whole number',
    beyondSchema: true,
  },
  {
    name: 'a schedule that lacks a value',
    text: head('  params: {n: {type: integer}}\n  schedules: [{id: s, every: 5m}]\n'),
    fault: '4:15 missing_param schedule "s" gives parameter "n" no value, and it has no default',
    beyondSchema: true,
  },
  {
    name: 'a reference of a schedule',
    text: head("  schedules: [{id: s, every: '${params.x}'}]\n"),
    fault: '3:30 unknown_reference ${params.x} names no parameter in schedule "s"',
    beyondSchema: true,
  },
]
