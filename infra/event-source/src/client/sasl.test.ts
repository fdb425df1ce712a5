// Are the messages of SASL those of the RFCs and of Apache Kafka, and is a server refused that does not keep to them?
import type { SaslAccess } from './access'
import { authenticate } from './sasl'

const CLIENT_NONCE = 'rOprNGfwEbeRWgbNEkqO'
const NONCE = `${CLIENT_NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`
const SALT = 'W22ZaJ0SNY7soEsUEjb6gQ=='

interface Vector extends SaslAccess {
  title: string
  clientFirst: string
  iterations: number
  proof: string
  signature: string
}

const vectors: Vector[] = [
  {
    title: 'RFC 7677 §3',
    mechanism: 'SCRAM-SHA-256',
    username: 'user',
    password: 'pencil',
    clientFirst: `n,,n=user,r=${CLIENT_NONCE}`,
    iterations: 4096,
    proof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    signature: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='
  },
  // written by ScramFormatter of Apache Kafka 4.3.1, which does not prepare the password
  {
    title: 'Apache Kafka, SHA-256',
    mechanism: 'SCRAM-SHA-256',
    username: 'us,e=r',
    password: 'ªⅨ pencil',
    clientFirst: `n,,n=us=2Ce=3Dr,r=${CLIENT_NONCE}`,
    iterations: 8192,
    proof: 'F0IoheZQDiwGX2q78jdGGQgU2bRyJ1bABJGcgCgrDnI=',
    signature: 'HoEu1Kx2mzbiCc75pOLEkjDgi/iaaxKBk+tkt2qH3Lg='
  },
  {
    title: 'Apache Kafka, SHA-512',
    mechanism: 'SCRAM-SHA-512',
    username: 'us,e=r',
    password: 'ªⅨ pencil',
    clientFirst: `n,,n=us=2Ce=3Dr,r=${CLIENT_NONCE}`,
    iterations: 8192,
    proof: '42SufL50BsampYyVD03Iu8yGb/bbj7pTHG0mgrzv0/SZvAVgdEOKpswOmjHYZqH6xFkoE3fI1pLJeq8DRFbavA==',
    signature: 'eYYwEPNG6xhWIBX8sbtiZuaoc7CkioD3/S0O7P44t+d078Ul7Ntw7WJifujdnfkYF99vPl2gRpXQD6KYMXEKYQ=='
  }
]

/** Authenticates against a server that answers with these messages. Returns what the client said. */
async function converse(access: SaslAccess, answers: readonly string[], nonce?: string): Promise<string[]> {
  const said: string[] = []
  const left = [...answers]
  await authenticate(
    access,
    async message => {
      said.push(message.toString())
      return Buffer.from(left.shift()!)
    },
    nonce
  )
  return said
}

test.each(vectors)('$title', async vector => {
  const { clientFirst, iterations, proof, signature, ...access } = vector
  const said = await converse(access, [`r=${NONCE},s=${SALT},i=${iterations}`, `v=${signature}`], CLIENT_NONCE)
  expect(said).toEqual([clientFirst, `c=biws,r=${NONCE},p=${proof}`])
})

test('PLAIN is one message, RFC 4616', async () => {
  expect(await converse({ mechanism: 'PLAIN', username: 'tim', password: 'tanstaaftanstaaf' }, [''])).toEqual(['\0tim\0tanstaaftanstaaf'])
})

test('every authentication has a nonce of its own, printable and without commas', async () => {
  const nonces = new Set<string>()
  for (let count = 0; count < 20; count++) {
    const access = { mechanism: 'SCRAM-SHA-256', username: 'user', password: 'pencil' } as const
    await authenticate(access, async message => {
      nonces.add(/^n,,n=user,r=([\x21-\x2b\x2d-\x7e]{24,})$/.exec(message.toString())![1]!)
      return Buffer.from('')
    }).catch(() => {})
  }
  expect(nonces.size).toBe(20)
})

const first = `r=${NONCE},s=${SALT},i=4096`
test.each([
  ['a nonce that is not the continued one', [`r=another${NONCE},s=${SALT},i=4096`], "the server's nonce does not continue"],
  ['a nonce that the server added nothing to', [`r=${CLIENT_NONCE},s=${SALT},i=4096`], "the server's nonce does not continue"],
  ['too few iterations', [`r=${NONCE},s=${SALT},i=4095`], 'asks for 4095 iterations, not for 4096 to'],
  ['too many iterations', [`r=${NONCE},s=${SALT},i=1000001`], 'asks for 1000001 iterations'],
  ['iterations that are no number', [`r=${NONCE},s=${SALT},i=0x1000`], 'not one of SCRAM'],
  ['no salt', [`r=${NONCE},s=,i=4096`], 'not one of SCRAM'],
  ['a mandatory extension', [`m=ext,r=${NONCE},s=${SALT},i=4096`], 'wants an extension'],
  ['an error at first', ['e=unknown-user'], 'the server refuses: unknown-user'],
  ['nothing', [''], 'not one of SCRAM'],
  ['an error at last', [first, 'e=invalid-proof'], 'the server refuses: invalid-proof'],
  ['a wrong signature', [first, 'v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='], "the server's signature is wrong"],
  ['a short signature', [first, 'v=6rri'], "the server's signature is wrong"],
  ['no signature', [first, ''], 'not one of SCRAM']
])('a server is refused that answers with %s', async (_, answers, message) => {
  const access = { mechanism: 'SCRAM-SHA-256', username: 'user', password: 'pencil' } as const
  const failure: Error = await converse(access, answers, CLIENT_NONCE).then(
    () => new Error('taken'),
    error => error
  )
  expect(failure.message).toContain(message)
  expect(failure.message).not.toContain('pencil')
})
