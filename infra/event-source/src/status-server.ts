// How does one ask a running command about its mappings? Over HTTP on loopback: as Lambda's own API lists them, and with counters.
//   GET /status                                          every mapping with its counters
//   GET /2015-03-31/event-source-mappings/               ListEventSourceMappings, with ?FunctionName= and ?EventSourceArn=
//   GET /2015-03-31/event-source-mappings/<uuid>         GetEventSourceMapping
// Source: https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
import { createServer, type Server } from 'node:http'
import type { Mapping } from './mapping/mapping'
import type { Counters, MappingState } from './report'

/** Who is asked from elsewhere is asked on purpose: nothing but loopback listens. */
const HOST = '127.0.0.1'
const BASE = `http://${HOST}`
const MAPPINGS_PATH = /^\/2015-03-31\/event-source-mappings(?:\/([^/]*))?\/?$/

export interface MappingStatus {
  mapping: Mapping
  functionArn: string
  state: MappingState
  lastProcessingResult: string
  pollers: number
  counters: Counters
}

const withoutUndefined = (value: object) => Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined))

/** The mapping as Lambda describes it. */
export function configurationOf({ mapping, functionArn, state, lastProcessingResult }: MappingStatus): Record<string, unknown> {
  const { at, ...position } = mapping.startingPosition as { at: string; timestampMs?: number }
  const groupConfig = { ConsumerGroupId: mapping.group }
  const onFailure = mapping.onFailure && {
    Destination: mapping.onFailure.kind === 'kafka' ? `kafka://${mapping.onFailure.topic}` : mapping.onFailure.arn
  }
  return withoutUndefined({
    UUID: mapping.uuid,
    FunctionArn: functionArn,
    EventSourceArn: mapping.arn,
    SelfManagedEventSource: mapping.arn === undefined ? { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: mapping.bootstrapServers } } : undefined,
    SelfManagedKafkaEventSourceConfig: mapping.arn === undefined ? groupConfig : undefined,
    AmazonManagedKafkaEventSourceConfig: mapping.arn === undefined ? undefined : groupConfig,
    Topics: [mapping.topic],
    BatchSize: mapping.batchSize,
    MaximumBatchingWindowInSeconds: mapping.windowMs % 1000 === 0 ? mapping.windowMs / 1000 : undefined,
    StartingPosition: at,
    StartingPositionTimestamp: position.timestampMs === undefined ? undefined : position.timestampMs / 1000,
    FilterCriteria: mapping.filterPatterns.length > 0 ? { Filters: mapping.filterPatterns.map(Pattern => ({ Pattern })) } : undefined,
    MaximumRetryAttempts: mapping.maximumRetryAttempts,
    MaximumRecordAgeInSeconds: mapping.maximumRecordAgeSeconds,
    BisectBatchOnFunctionError: mapping.bisectBatchOnFunctionError,
    FunctionResponseTypes: mapping.reportBatchItemFailures ? ['ReportBatchItemFailures'] : undefined,
    DestinationConfig: onFailure && { OnFailure: onFailure },
    ProvisionedPollerConfig: mapping.provisioned && {
      MinimumPollers: mapping.provisioned.minimumPollers,
      MaximumPollers: mapping.provisioned.maximumPollers,
      ...(mapping.provisioned.groupName !== undefined && { PollerGroupName: mapping.provisioned.groupName })
    },
    State: state,
    LastProcessingResult: lastProcessingResult
  })
}

const summaryOf = ({ mapping, state, lastProcessingResult, pollers, counters }: MappingStatus) => ({
  uuid: mapping.uuid,
  function: mapping.functionKey,
  topic: mapping.topic,
  group: mapping.group,
  state,
  lastProcessingResult,
  pollers,
  ...counters
})

/** Whether `FunctionName` names the function: its name, its ARN, or the end of it. */
const isNamed = ({ functionArn }: MappingStatus, name: string) => functionArn === name || functionArn.endsWith(`:${name}`)

/** @returns undefined when there is no such page or mapping */
export function answerTo(url: URL, statuses: readonly MappingStatus[]): unknown {
  if (url.pathname === '/status') return { mappings: statuses.map(summaryOf) }
  const path = MAPPINGS_PATH.exec(url.pathname)
  if (!path) return undefined
  if (path[1]) {
    const found = statuses.find(({ mapping }) => mapping.uuid === path[1])
    return found && configurationOf(found)
  }
  const [name, arn] = [url.searchParams.get('FunctionName'), url.searchParams.get('EventSourceArn')]
  const listed = statuses.filter(status => (name === null || isNamed(status, name)) && (arn === null || status.mapping.arn === arn))
  return { EventSourceMappings: listed.map(configurationOf) }
}

/**
 * Serves the statuses of the moment.
 * @param port 0 for any that is free
 * @returns the server, listening
 * @throws the error of `listen`, when the port is taken
 */
export async function serveStatus(port: number, statuses: () => readonly MappingStatus[]): Promise<Server> {
  const server = createServer((request, response) => {
    const isQuestion = request.method === 'GET' && URL.canParse(request.url!, BASE)
    const answer = isQuestion ? answerTo(new URL(request.url!, BASE), statuses()) : undefined
    const isFound = answer !== undefined
    response.writeHead(isFound ? 200 : 404, {
      'content-type': 'application/json',
      ...(!isFound && { 'x-amzn-errortype': 'ResourceNotFoundException' })
    })
    response.end(
      JSON.stringify(isFound ? answer : { Type: 'User', Message: 'There is /status and /2015-03-31/event-source-mappings/, to be read.' })
    )
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, HOST, resolve))
  // nobody who asks keeps a command from ending
  server.unref()
  return server
}
