// Which keys and certificates does a test of TLS use? An authority of its own, a broker's and a client's, made anew per test file.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './folder'

export interface Certificates {
  folder: string
  ca: string
  broker: { key: string; cert: string }
  client: { key: string; cert: string }
}

/** Makes them with `openssl`; the broker's is for 127.0.0.1 and localhost. */
export function makeCertificates(): Certificates {
  const folder = temporaryFolder()
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority', '-days', '2')
  const signed = (name: string) =>
    openssl(
      ...['req', '-x509', ...key, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`, '-days', '2'],
      ...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
      ...['-addext', 'basicConstraints=critical,CA:FALSE']
    )
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const pair = (name: string) => {
    signed(name)
    return { key: read(`${name}.key`), cert: read(`${name}.pem`) }
  }
  return { folder, ca: read('ca.pem'), broker: pair('broker'), client: pair('client') }
}
