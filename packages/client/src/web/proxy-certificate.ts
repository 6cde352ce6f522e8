/**
 * The certificate of a client whose TLS ends at a proxy (RFC 8705 §6.5, RFC 9440).
 *
 * Owns whom the header is believed from, and its forms. What a certificate is worth is decided by the access token that is bound
 * to it.
 */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { peerCertificate } from './node-http.ts';

/** Longer than any certificate of a client. */
const HEADER_CHARACTERS_MAX = 16_384;

/** Which header of which proxies. */
export interface ProxyCertificateOptions {
  /**
   * `client-cert` (RFC 9440: base64 of the DER encoding between colons), or a name of the proxy's with one PEM block,
   * percent-encoded, as nginx's `$ssl_client_escaped_cert` has it.
   */
  readonly header: string;
  /**
   * Addresses and CIDR ranges of the proxies, at least one. Each has to set the header of every request, also to nothing. Of
   * everybody else the header is as if it were not there.
   */
  readonly trustedProxies: readonly string[];
}

/**
 * Reads the certificate of a request: of a trusted proxy the header alone, of everybody else their own TLS handshake alone.
 * undefined: none that can be believed.
 * @throws TypeError that names the option which is wrong.
 */
export function proxyCertificate(
  options: ProxyCertificateOptions,
): (incoming: IncomingMessage) => Uint8Array | undefined {
  const header = options.header.toLowerCase();
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(header)) {
    throw new TypeError(`header is "${options.header}": expected the name of a header, such as client-cert`);
  }
  const trusted = readRanges(options.trustedProxies);
  return (incoming) => {
    const { remoteAddress } = incoming.socket;
    const isProxy =
      remoteAddress !== undefined && trusted.check(remoteAddress, isIPv6(remoteAddress) ? 'ipv6' : 'ipv4');
    // RFC 9440 §4: of anybody else it is the sender's own word.
    if (!isProxy) return peerCertificate(incoming).certificate;
    const values = incoming.headersDistinct[header] ?? [];
    // A second one is a proxy that adds where it has to replace.
    const [value] = values;
    if (value === undefined || values.length > 1 || value.length > HEADER_CHARACTERS_MAX) return undefined;
    try {
      return header === 'client-cert' ? fromByteSequence(value) : fromPem(value);
    } catch {
      return undefined;
    }
  };
}

/** RFC 9440 §2.2, RFC 9651 §3.3.5 */
function fromByteSequence(value: string): Uint8Array | undefined {
  const encoded = /^ *:([A-Za-z0-9+/]+={0,2}): *$/.exec(value)?.[1];
  return encoded === undefined ? undefined : new X509Certificate(Buffer.from(encoded, 'base64')).raw;
}

function fromPem(value: string): Uint8Array | undefined {
  const pem = decodeURIComponent(value).trim();
  const isOne = /^-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----$/.test(pem);
  return isOne ? new X509Certificate(pem).raw : undefined;
}

function readRanges(ranges: readonly string[]): BlockList {
  if (ranges.length === 0) throw new TypeError('trustedProxies: expected the address of at least one proxy');
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits, ...more] = range.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const bitsMax = family === 'ipv6' ? 128 : 32;
    const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
    if (isIP(address) === 0 || more.length > 0 || !fits) {
      throw new TypeError(`trustedProxies has "${range}": expected an address or a range, such as 10.0.0.0/8`);
    }
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
