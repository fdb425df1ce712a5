// How is a mapping's cluster reached from here? As the service says, with what is set for this machine in place of servers and secrets.
import { type ClusterAccess, hideSecrets, type SaslAccess, type TlsAccess } from '../client/access'
import { ConfigurationError, type Place } from './configuration-error'
import { type ClusterOptions, type Credentials, checkUsable, clusterKey, type MappingOptions, OPTIONS_PATH } from './options'
import { Unresolved } from './references'

/** An entry of the mapping's SourceAccessConfigurations. */
export interface SourceAccess {
  Type: string
  URI: string | Unresolved
}

interface ClusterOnAws {
  /** Of a managed cluster. */
  arn?: string
  /** Of a self-managed cluster. */
  servers?: string[]
  access: readonly SourceAccess[]
  accessPlace: Place
  /** Where the cluster is named. */
  place: Place
}

const mechanisms: Readonly<Record<string, SaslAccess['mechanism']>> = {
  BASIC_AUTH: 'PLAIN',
  SASL_SCRAM_256_AUTH: 'SCRAM-SHA-256',
  SASL_SCRAM_512_AUTH: 'SCRAM-SHA-512'
}

const isVpc = ({ Type }: SourceAccess) => Type.startsWith('VPC_')

/**
 * Servers, TLS and SASL of a mapping.
 * @throws ConfigurationError when the servers of a managed cluster, or what a secret holds, is not set for this machine
 */
export function accessOf(cluster: ClusterOnAws, options: MappingOptions): ClusterAccess {
  const name = cluster.arn ?? clusterKey(cluster.servers ?? [])
  const local = options.clusters?.[name] ?? {}
  const replaced = local.bootstrapServers ?? options.bootstrapServers
  const bootstrapServers = replaced ?? cluster.servers
  if (!bootstrapServers) {
    const remedy = `An MSK cluster cannot be reached from here: set ${OPTIONS_PATH}.bootstrapServers, or clusters.<this ARN>.bootstrapServers, to a local broker.`
    throw new ConfigurationError(cluster.place, cluster.arn, remedy)
  }
  const { tls, sasl } = security(cluster, local, options.credentials ?? {}, replaced !== undefined)
  const access: ClusterAccess = { bootstrapServers, ...(tls && { tls }), ...(sasl && { sasl }) }
  checkUsable(access, `${cluster.accessPlace.path}.${cluster.accessPlace.key}`)
  return hideSecrets(access)
}

// A cluster in the place of the one on AWS needs no secrets of that one: those for which nothing is set are passed over.
function security(
  { access, accessPlace }: ClusterOnAws,
  local: ClusterOptions,
  credentials: Record<string, Credentials>,
  isReplaced: boolean
): { tls?: TlsAccess | false; sasl?: SaslAccess | false } {
  let { tls, sasl } = local
  for (const { Type, URI } of access.filter(each => !isVpc(each))) {
    const mechanism = mechanisms[Type]
    const isCertificate = Type === 'CLIENT_CERTIFICATE_TLS_AUTH' || Type === 'SERVER_ROOT_CA_CERTIFICATE'
    if ((mechanism && local.sasl !== undefined) || (isCertificate && local.tls !== undefined)) continue
    if (!mechanism && !isCertificate) {
      if (isReplaced) continue
      throw new ConfigurationError(
        accessPlace,
        Type,
        `${Type} is not spoken here: set ${OPTIONS_PATH}.clusters.<servers>.bootstrapServers to a broker that takes SASL PLAIN or SCRAM, certificates or nothing.`
      )
    }
    const secret = URI instanceof Unresolved ? undefined : credentials[URI]
    if (!secret) {
      if (isReplaced) continue
      throw missing(Type, URI, accessPlace)
    }
    if (mechanism) {
      if (sasl)
        throw new ConfigurationError(accessPlace, Type, `A connection authenticates once, already with ${sasl.mechanism}: keep one.`)
      const { username, password } = held(secret, ['username', 'password'], URI as string)
      sasl = { mechanism, username, password }
      // Lambda speaks SASL over TLS only
      tls ??= {}
    } else if (Type === 'CLIENT_CERTIFICATE_TLS_AUTH') {
      const { certificate, privateKey } = held(secret, ['certificate', 'privateKey'], URI as string)
      tls = { ...tls, cert: certificate, key: privateKey, ...(secret.privateKeyPassword && { passphrase: secret.privateKeyPassword }) }
    } else tls = { ...tls, ca: held(secret, ['certificate'], URI as string).certificate }
  }
  return { tls, sasl }
}

const missing = (type: string, uri: SourceAccess['URI'], place: Place) =>
  new ConfigurationError(
    place,
    { [type]: uri },
    uri instanceof Unresolved
      ? `The secret is known to a deployed stack only: set its literal ARN, and what it holds under ${OPTIONS_PATH}.credentials.`
      : `Secrets are not read from AWS: set what it holds under ${OPTIONS_PATH}.credentials["${uri}"], ` +
          `or another broker under ${OPTIONS_PATH}.bootstrapServers.`
  )

/** What a secret has to hold. */
function held<K extends keyof Credentials>(secret: Credentials, keys: readonly K[], arn: string): Required<Pick<Credentials, K>> {
  for (const key of keys) {
    if (secret[key] === undefined) {
      const remedy = `This kind of authentication needs ${keys.join(' and ')}, as in the secret on AWS.`
      throw new ConfigurationError({ path: `${OPTIONS_PATH}.credentials.${arn}`, key }, undefined, remedy)
    }
  }
  return secret as Required<Pick<Credentials, K>>
}
