// The process that a fuzz run takes place in: a broker and its peers, so that a crash is seen as one and memory is nobody else's.
// Argument: FuzzOptions as JSON. Prints a FuzzReport as JSON; exit code 1 with seed and frames when something goes wrong.
import { describeUnderWay, type FuzzOptions, fuzz } from './fuzz'

const options: FuzzOptions = JSON.parse(process.argv[2]!)

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.stack : error)
  console.error(describeUnderWay(options.seed))
  process.exit(1)
}

process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)
void fuzz(options).then(report => console.log(JSON.stringify(report)), fail)
