// What does serverless.yml say about a function, and what does serverless-offline add, before its handler can run?
import { resolve } from 'node:path'

/** serverless-offline's defaults for what neither function nor provider sets. */
const TIMEOUT_SECONDS_DEFAULT = 6
const MEMORY_MB_DEFAULT = 1024
/** The account of local ARNs. */
const LOCAL_ACCOUNT = '000000000000'

export interface FunctionDefinition {
  functionKey: string
  functionName: string
  codeDir: string
  handler: string
  tsxFrom?: string
  /** Infinity with serverless-offline's `noTimeout`. */
  timeoutMs: number
  memoryMb: number
  invokedFunctionArn: string
  environment: Record<string, string>
}

/** The parts of osls' service that are read. */
export interface FunctionSettings {
  name?: string
  handler?: string
  timeout?: number
  memorySize?: number
  environment?: Record<string, unknown>
}

export interface ProviderSettings {
  region?: string
  timeout?: number
  memorySize?: number
  environment?: Record<string, unknown>
}

/** Options of serverless-offline that change how a handler runs: `custom.serverless-offline` under the command line. */
export interface OfflineOptions {
  location?: string
  localEnvironment?: boolean
  noTimeout?: boolean
}

/**
 * Puts together what a thread needs.
 * @param processEnvironment the environment of this process
 * @param tsxFrom a file beside which `tsx` is installed
 */
export function functionDefinition(
  functionKey: string,
  settings: FunctionSettings,
  provider: ProviderSettings,
  offline: OfflineOptions,
  servicePath: string,
  processEnvironment: NodeJS.ProcessEnv,
  tsxFrom?: string
): FunctionDefinition {
  const functionName = settings.name ?? functionKey
  const handler = settings.handler ?? ''
  const memoryMb = settings.memorySize ?? provider.memorySize ?? MEMORY_MB_DEFAULT
  const region = provider.region ?? 'us-east-1'
  return {
    functionKey,
    functionName,
    codeDir: resolve(servicePath, offline.location ?? ''),
    handler,
    tsxFrom,
    timeoutMs: offline.noTimeout ? Infinity : (settings.timeout ?? provider.timeout ?? TIMEOUT_SECONDS_DEFAULT) * 1000,
    memoryMb,
    invokedFunctionArn: `arn:aws:lambda:${region}:${LOCAL_ACCOUNT}:function:${functionName}`,
    environment: {
      ...inherited(processEnvironment, offline.localEnvironment === true),
      ...lambdaVariables(functionName, handler, memoryMb, region),
      ...texts(provider.environment),
      ...texts(settings.environment),
      IS_OFFLINE: 'true'
    }
  }
}

// As serverless-offline: nothing of the shell but AWS_*, unless localEnvironment is set.
function inherited(environment: NodeJS.ProcessEnv, all: boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined && (all || entry[0].startsWith('AWS_')))
  )
}

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
function lambdaVariables(functionName: string, handler: string, memoryMb: number, region: string): Record<string, string> {
  return {
    _HANDLER: handler,
    AWS_DEFAULT_REGION: region,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `local/[$LATEST]${functionName}`,
    AWS_REGION: region,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LAMBDA_TASK_ROOT: '/var/task',
    LANG: 'en_US.UTF-8',
    NODE_PATH: '/var/runtime:/var/task:/var/runtime/node_modules'
  }
}

function texts(environment: Record<string, unknown> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment ?? {})
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, String(render(value))])
  )
}

// The two CloudFormation functions that can be computed without a stack, as serverless-offline does (utils/renderIntrinsicFunction.js).
function render(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(render)
  const { 'Fn::Join': join, 'Fn::Sub': sub } = value as { 'Fn::Join'?: [string, unknown[]]; 'Fn::Sub'?: [string, Record<string, string>] }
  if (join) return join[1].map(render).join(join[0])
  if (Array.isArray(sub)) return sub[0].replace(/\${(.*?)}/g, (match, name: string) => sub[1][name] ?? match)
  return JSON.stringify(value)
}
