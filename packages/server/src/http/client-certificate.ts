/**
 * How the certificate of a client reaches this server (RFC 8705): in a TLS handshake of its own, or in a header of a proxy.
 *
 * Owns whom a header is believed from, and its two forms. What a certificate proves is `protocol/client-certificate.ts`.
 */
import { X509Certificate } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import { type ClientCertificate, clientCertificate } from '../protocol/client-certificate.ts';

/** The certificate of a request; null: none that can be believed. */
export type CertificateReader = (request: FastifyRequest) => ClientCertificate | null;

/** Where mutual TLS is off: a header of whatever name is one that nobody reads. */
export const NO_CERTIFICATES: CertificateReader = () => null;

/**
 * Makes the reader.
 * @param header its name in lower case; null: none is read.
 * @param trustedProxies addresses and CIDR ranges. A header from elsewhere is as if it were not there (RFC 9440 §4, RFC 9700 §4.13).
 */
export function certificateReader(header: string | null, trustedProxies: readonly string[]): CertificateReader {
  const trusted = blockList(trustedProxies);
  return (request) => {
    const { socket } = request.raw;
    // A port of our own has its own handshake: what stands in a header there is the client's word.
    if (socket instanceof TLSSocket) {
      const x509 = socket.getPeerX509Certificate();
      return x509 === undefined ? null : clientCertificate(x509);
    }
    const value = header === null ? undefined : request.headers[header];
    if (value === undefined || value === '' || !isTrusted(socket.remoteAddress, trusted)) return null;
    const x509 = typeof value === 'string' && header !== null ? readHeader(header, value) : null;
    if (x509 === null) request.log.warn({ header }, 'a trusted proxy sent a client certificate that cannot be read');
    return x509 === null ? null : clientCertificate(x509);
  };
}

/** Longer than any certificate of a client. */
const HEADER_CHARACTERS_MAX = 16_384;

function readHeader(header: string, value: string): X509Certificate | null {
  if (value.length > HEADER_CHARACTERS_MAX) return null;
  try {
    return header === 'client-cert' ? fromByteSequence(value) : fromPem(value);
  } catch {
    return null;
  }
}

/** RFC 9440 §2.2, RFC 9651 §3.3.5: base64 of the DER encoding between colons. Of two, joined by a comma, none counts. */
function fromByteSequence(value: string): X509Certificate | null {
  const encoded = /^ *:([A-Za-z0-9+/]+={0,2}): *$/.exec(value)?.[1];
  return encoded === undefined ? null : new X509Certificate(Buffer.from(encoded, 'base64'));
}

/** As nginx's `$ssl_client_escaped_cert` and others have it: one PEM block, percent-encoded. */
function fromPem(value: string): X509Certificate | null {
  const pem = decodeURIComponent(value).trim();
  const isOne = /^-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----$/.test(pem);
  return isOne ? new X509Certificate(pem) : null;
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

function isTrusted(address: string | undefined, trusted: BlockList): boolean {
  return address !== undefined && trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
