// How does the broker listen, with TLS or without?
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { BrokerStartError } from '../errors'

export interface TlsOptions {
  /** The private key, in PEM. */
  key: string | Buffer
  /** Its certificate, in PEM, followed by those between it and the root. */
  cert: string | Buffer
  /** Set to ask clients for a certificate of this authority, in PEM (mutual TLS). */
  ca?: string | Buffer
}

const handshakeMsMax = 30_000

export interface Listener {
  server: Server
  /** What the server emits for each connection that can be read. */
  event: 'connection' | 'secureConnection'
  /** Ends connections that have not become a client's, in a TLS handshake. */
  endHandshakes(): void
}

function secureServer({ ca, cert, key }: TlsOptions): Server {
  const clients = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }
  try {
    return createTlsServer({ key, cert, ...clients, handshakeTimeout: handshakeMsMax })
  } catch (cause) {
    const message = `The key and certificates for TLS cannot be used: ${(cause as Error).message}. Give a key and its certificate in PEM.`
    throw new BrokerStartError('TLS_UNUSABLE', message, { cause })
  }
}

/** @throws BrokerStartError TLS_UNUSABLE when key and certificates are none, or not of each other */
export function createListener(tls: TlsOptions | undefined, connectionsMax: number, onWarning: (message: string) => void): Listener {
  if (!tls) return { server: createServer(), event: 'connection', endHandshakes: () => {} }
  const server = secureServer(tls)
  // those in a handshake, too, take memory
  server.maxConnections = connectionsMax
  const shakingHands = new Set<Socket>()
  server.on('connection', socket => {
    shakingHands.add(socket)
    socket.on('close', () => shakingHands.delete(socket))
  })
  server.on('tlsClientError', (error: Error, { remoteAddress, remotePort }: Socket) =>
    onWarning(`no TLS connection of ${remoteAddress}:${remotePort}: ${error.message}`)
  )
  return {
    server,
    event: 'secureConnection',
    endHandshakes: () => {
      for (const socket of shakingHands) socket.destroy()
    }
  }
}
