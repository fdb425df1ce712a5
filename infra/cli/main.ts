// Which commands are there, and how does each of them end?
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { PipelineError } from '../../layers/errors'
import { type Context, contextOf, exitCodeHelp, exitCodeOf, exitCodes } from './context'
import { paint } from './terminal'

function wholeNumber(least: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`)
    return value
  }
}

function positiveNumber(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It must be a number above 0.')
  return value
}

/**
 * The command tree. Each action loads its own file: `status` should not pay for what `run` needs.
 * @param finish takes the exit code of the command that ran
 */
export function program(root: string, finish: (code: number) => void): Command {
  const sluice = new Command('sluice')
    .description('A data platform of small serverless functions, whole on this machine')
    .showHelpAfterError('Run the command with --help to see what it takes.')
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
  const command = (usage: string, description: string, parent = sluice) =>
    parent
      .command(usage)
      .description(description)
      .option('--json', 'print one JSON object, for programs')
      .addHelpText('after', exitCodeHelp)
      .exitOverride()
  const act =
    <O extends { json?: boolean }, A extends string[]>(run: (context: Context, options: O, ...args: A) => Promise<number>) =>
    async (...given: unknown[]) => {
      const options = given.at(-2) as O
      finish(await run(contextOf(root, options.json), options, ...(given.slice(0, -2) as A)))
    }

  command('start', 'start every service and the functions, feed the sample data, and show what flows')
    .option('--detach', 'return when everything is ready and leave it running')
    .option('--compose', 'use Kafka, Postgres and TimescaleDB of docker-compose.yml instead of the embedded ones')
    .option('--no-samples', 'do not feed the sample data')
    .addOption(new Option('--supervise').hideHelp())
    .action(
      act(async (context, options: import('./commands/start').StartOptions) => (await import('./commands/start')).start(context, options))
    )
  command('run <dataset>', 'send records of a dataset, wait until each is accounted for, and print the account')
    .option('--count <n>', 'records to send', wholeNumber(1))
    .option('--file <path>', 'read the records from this CSV or JSON file')
    .option('--rate <n>', 'records a second at most', positiveNumber)
    .option('--seed <n>', 'seed of the generator: the same seed gives the same records', wholeNumber(0))
    .addOption(
      new Option('--from <source>', 'take the records from the source database, after loading it from --file or the generator').choices([
        'database'
      ])
    )
    .option('--to <stage>', 'go on up to this stage: clean, summaries, lake, gold, warehouse or features, as far as the dataset has it')
    .option('--test-mode', 'a run over little data: 1,000 records, one day of history')
    .option('--validate-only', 'check environment, contracts and serverless.yml, and run nothing')
    .action(
      act(async (context, options: import('./commands/run').RunOptions, dataset: string) =>
        (await import('./commands/run')).run(context, options, dataset)
      )
    )
  command('produce <dataset>', 'run the simulator of a dataset until Ctrl-C and say what it sends')
    .option('--interval <seconds>', 'seconds between two batches', positiveNumber, 1)
    .option('--batch <n>', 'records in a batch', wholeNumber(1))
    .option('--seed <n>', 'seed of the simulator', wholeNumber(0))
    .option('--test-mode', 'stop after 60 s')
    .action(
      act(async (context, options: import('./commands/produce').ProduceOptions, dataset: string) =>
        (await import('./commands/produce')).produce(context, options, dataset)
      )
    )
  command('consume <dataset>', "show what flows through a dataset's topic, and what is wrong with it, until Ctrl-C")
    .option('--max-messages <n>', 'stop after so many messages', wholeNumber(1))
    .option('--from-beginning', 'begin with the oldest message')
    .option('--test-mode', 'console only: judge here and ask no database')
    .option('--debug', 'print each message as well')
    .action(
      act(async (context, options: import('./commands/consume').ConsumeOptions, dataset: string) =>
        (await import('./commands/consume')).consume(context, options, dataset)
      )
    )
  command('invoke <function> [event]', 'invoke a function with a JSON event and print its result').action(
    act(async (context, _options: { json?: boolean }, name: string, event?: string) =>
      (await import('./commands/invoke')).invoke(context, name, event)
    )
  )
  const source = sluice.command('source').description('the operational database that records are extracted from').exitOverride()
  command('load <dataset>', 'load a CSV file, or a generated one, into the source table of a dataset', source)
    .option('--file <path>', 'a CSV file with the columns of the contract')
    .option('--count <n>', 'records at most, or to generate', wholeNumber(1))
    .option('--seed <n>', 'seed of the generator: the same seed gives the same records', wholeNumber(0))
    .action(
      act(async (context, options: import('./commands/source').LoadOptions, dataset: string) =>
        (await import('./commands/source')).load(context, options, dataset)
      )
    )
  command('backfill <dataset>', 'process a time range of a topic again: rows that are missing come back, nothing is counted twice')
    .requiredOption('--from <time>', "start of the range, by the records' own time in Kafka: 2026-01-31T08:15:00Z")
    .requiredOption('--to <time>', 'end of the range, not part of it')
    .option('--partition <n...>', 'only these partitions', (text: string, all: number[] = []) => [...all, wholeNumber(0)(text)])
    .addOption(
      new Option('--by <time>', "the record's time in Kafka, or the contract's time column")
        .choices(['record-time', 'event-time'])
        .default('record-time')
    )
    .action(
      act(async (context, options: import('./commands/backfill').BackfillOptions, dataset: string) =>
        (await import('./commands/backfill')).backfill(context, options, dataset)
      )
    )
  command('deliver [file]', 'deliver the closed quarters of a CSV or Parquet file, or of every file in data/, to the lake')
    .option('--folder <path>', 'where files are dropped (default: data/)')
    .option('--name <name>', "what the deliveries are called (default: the file's name)")
    .option('--quarter <quarter>', 'only this quarter: 2024-Q1')
    .option('--time-column <name>', 'the column that says when a row happened')
    .option('--clock-column <name>', 'the column with the times of day, where the time column has days only')
    .option('--zone <zone>', 'the zone of times without an offset: Europe/Berlin (default: UTC)')
    .option('--format <pattern>', 'how times are written: dd.MM.yyyy HH:mm, or M/d/yy h:mm a')
    .addOption(new Option('--decimal <mark>', 'the decimal mark').choices(['.', ',']))
    .option('--encoding <name>', 'the encoding of a text file (default: utf-8)')
    .option('--missing <text...>', 'texts that stand for no value: NA')
    .option('--close-days <n>', 'days after its end until a quarter is closed (default: 1)', wholeNumber(0))
    .option('--open', 'also a quarter that is not closed yet; with --quarter')
    .option('--again', 'as a new version, although nothing changed')
    .action(
      act(async (context, options: import('./commands/deliver').DeliverOptions, file?: string) =>
        (await import('./commands/deliver')).deliver(context, options, file)
      )
    )
  const quarantine = sluice.command('quarantine').description('look at quarantined records, and send mended ones back').exitOverride()
  command('list <dataset>', 'show the latest quarantined records and how many there are of each reason', quarantine)
    .option('--reason <code>', 'only records with this reason')
    .option('--limit <n>', 'records to show (default: 20)', wholeNumber(1))
    .action(
      act(async (context, options: import('./commands/quarantine').ListOptions, dataset: string) =>
        (await import('./commands/quarantine')).list(context, options, dataset)
      )
    )
  command('replay <dataset>', 'show which quarantined records the contract takes now, and send them back to their topic', quarantine)
    .option('--reason <code>', 'only records with this reason')
    .option('--from <time>', 'only records quarantined at this time or later')
    .option('--to <time>', 'only records quarantined before this time')
    .option('--limit <n>', 'send back so many at most', wholeNumber(1))
    .option('--requested-by <name>', 'who asks, for the table replays (default: the user of this machine)')
    .option('--yes', 'send without asking')
    .action(
      act(async (context, options: import('./commands/quarantine').ReplayOptions, dataset: string) =>
        (await import('./commands/quarantine')).replay(context, options, dataset)
      )
    )
  const contract = sluice.command('contract').description('compare contracts').exitOverride()
  command('diff <dataset-or-file> [file]', 'show what changes between two versions of a contract and whom it breaks', contract)
    .option('--against <file>', 'compare with this file instead of the contract that the last start applied')
    .addHelpText(
      'after',
      '\nHere: 0 nothing breaks, or the version number says so; 1 something breaks and the version number does not say so; 2 wrong usage.'
    )
    .action(
      act(async (context, options: import('./commands/contract').DiffOptions, first: string, second?: string) =>
        (await import('./commands/contract')).diff(context, options, first, second)
      )
    )
  command('sql <statement>', 'ask the database or the lake: one statement that only reads')
    .addOption(
      new Option('--on <what>', 'database: Postgres; lake: DuckDB over bronze_<dataset>, silver_… and gold_…')
        .choices(['database', 'lake'])
        .default('database')
    )
    .action(
      act(async (context, options: import('./commands/sql').SqlOptions, statement: string) =>
        (await import('./commands/sql')).sql(context, options, statement)
      )
    )
  const schedule = sluice.command('schedule').description('what runs by the clock: look, run now, switch on and off').exitOverride()
  command('list', 'show every schedule with its next and its last run', schedule).action(
    act(async context => (await import('./commands/schedule')).list(context))
  )
  command('history [name]', 'show the last runs, of one schedule or of all, newest first', schedule)
    .option('--limit <n>', 'runs to show (default: 20)', wholeNumber(1))
    .action(
      act(async (context, options: import('./commands/schedule').HistoryOptions, name?: string) =>
        (await import('./commands/schedule')).history(context, options, name)
      )
    )
  command('run <name>', 'run a schedule now and wait for its end', schedule).action(
    act(async (context, _options: { json?: boolean }, name: string) => (await import('./commands/schedule')).run(context, name))
  )
  command('enable <name>', 'let a schedule run at its times, also after the next start', schedule).action(
    act(async (context, _options: { json?: boolean }, name: string) => (await import('./commands/schedule')).toggle(context, name, true))
  )
  command('disable <name>', 'keep a schedule from running, also after the next start', schedule).action(
    act(async (context, _options: { json?: boolean }, name: string) => (await import('./commands/schedule')).toggle(context, name, false))
  )
  command('status', 'show services, addresses and where the records are').action(
    act(async context => (await import('./commands/status')).status(context))
  )
  command('stop', 'stop what `start` left running').action(act(async context => (await import('./commands/stop')).stop(context)))
  command('doctor', 'check every dependency, port, server and version, and say what to do').action(
    act(async context => (await import('./commands/doctor')).doctor(context))
  )
  command('clean', 'stop, and remove all data of this checkout')
    .option('--yes', 'do not ask')
    .action(act(async (context, options: { json?: boolean; yes?: boolean }) => (await import('./commands/clean')).clean(context, options)))
  return sluice
}

/** What a user reads when a command did not work: what is wrong, then what to do. */
function explain(error: unknown): string {
  if (error instanceof PipelineError) return `${paint('red', 'error:', process.stderr)} ${error.message}\n${error.remedy}`
  return `${paint('red', 'error:', process.stderr)} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
}

/**
 * Runs one command line.
 * @param args without node and script
 * @param root the checkout
 * @returns the exit code
 */
export async function main(args: string[], root: string): Promise<number> {
  let code: number = exitCodes.ok
  // `sluice status | head`: the reader has what it wanted
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.failed))
  try {
    await program(root, result => {
      code = result
    }).parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    // commander has printed its message; help and version are no errors
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    process.stderr.write(`${explain(error)}\n`)
    return exitCodeOf(error)
  }
}
