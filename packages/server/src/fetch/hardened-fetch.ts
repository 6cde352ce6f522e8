/**
 * The one way out: fetches from addresses that others chose (implements `protocol/fetcher.ts`).
 *
 * Owns what keeps such a fetch from reaching into the server's own network (SSRF, ASVS 1.3.6): the name is resolved once, every
 * address that it has must be public (or of a network that the operator named), and the connection goes to the address that was checked, so that a name that resolves
 * differently a moment later (DNS rebinding) is of no use. No redirects, no credentials, https alone; bounds on size, time and
 * number. `node:https` and not `fetch`: the address is pinned by its `lookup`, without a further dependency.
 */
import type { LookupAddress } from 'node:dns';
import { type IncomingMessage, type RequestOptions, request as requestByHttp } from 'node:http';
import { request as requestByHttps } from 'node:https';
import { isIP } from 'node:net';
import type { Fetcher, FetchFault, FetchOutcome, OutsideRequest } from '../protocol/fetcher.ts';
import { addressesIn, isLoopbackAddress, isPublicAddress } from './public-address.ts';

/** A key set with twenty certificates has some 40 KB; a client document's limit by its draft is 5 KB. */
const BODY_BYTES_MAX = 64 * 1_024;
/** From the resolution to the last octet: whoever waits for it is a request of ours. */
const TIME_LIMIT_MS = 5_000;
/** Those under way at once, of one process. More are refused, or a slow server of somebody's would collect them. */
const UNDER_WAY_MAX = 32;
/** To one host at once: one application cannot take all of the above. */
const UNDER_WAY_OF_HOST_MAX = 8;
const URL_CHARACTERS_MAX = 2_000;

/** How it is set up. */
export interface HardenedFetchOptions {
  /** Every address of a name. In production `dns.promises.lookup(name, { all: true })`. */
  readonly resolve: (hostname: string) => Promise<readonly LookupAddress[]>;
  /** Development, where this server is itself on http at a loopback address: others on this machine may be too. */
  readonly allowLoopback: boolean;
  /** CIDR ranges that https may reach though they are not public (`DIAPASON_FETCH_NETWORKS`). Absent: none. */
  readonly networks?: readonly string[];
  /** Shorter in tests. */
  readonly timeLimitMs?: number;
  /** Certificate authorities in place of the system's. */
  readonly ca?: string;
}

/** Makes the fetcher. */
export function createHardenedFetch(options: HardenedFetchOptions): Fetcher {
  const isReachable = reachable(options);
  const underWay = new Map<string, number>();
  let total = 0;
  return {
    async fetch(request) {
      const url = checkedUrl(request.url, options.allowLoopback);
      if (url === null) return failed('bad_url', 'it has to be an https URL without credentials and fragment');
      const ofHost = underWay.get(url.host) ?? 0;
      if (total >= UNDER_WAY_MAX || ofHost >= UNDER_WAY_OF_HOST_MAX) return failed('busy', 'too many are under way');
      total += 1;
      underWay.set(url.host, ofHost + 1);
      const deadline = AbortSignal.timeout(options.timeLimitMs ?? TIME_LIMIT_MS);
      try {
        const found = await addressesOf(url, deadline, { resolve: options.resolve, isReachable });
        return 'outcome' in found ? found : await exchange(url, found.addresses, request, deadline, options);
      } finally {
        total -= 1;
        const left = (underWay.get(url.host) ?? 1) - 1;
        if (left === 0) underWay.delete(url.host);
        else underWay.set(url.host, left);
      }
    },
  };
}

function checkedUrl(text: string, allowLoopback: boolean): URL | null {
  const url = text.length <= URL_CHARACTERS_MAX && URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '') return null;
  // Whether an http host is really loopback is known once it is resolved.
  return url.protocol === 'https:' || (allowLoopback && url.protocol === 'http:') ? url : null;
}

/** The addresses of a host, if each of them may be connected to. */
async function addressesOf(
  url: URL,
  deadline: AbortSignal,
  {
    resolve,
    isReachable,
  }: Pick<HardenedFetchOptions, 'resolve'> & { readonly isReachable: ReturnType<typeof reachable> },
): Promise<{ readonly addresses: readonly LookupAddress[] } | FetchOutcome> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  let addresses: readonly LookupAddress[];
  try {
    // The resolver cannot be told to stop; its answer is then dropped.
    addresses = family === 0 ? await Promise.race([resolve(host), whenAborted(deadline)]) : [{ address: host, family }];
  } catch (error) {
    if (deadline.aborted) return failed('timed_out', 'its name did not resolve in time');
    return failed('not_found', `its name does not resolve: ${messageOf(error)}`);
  }
  if (addresses.length === 0) return failed('not_found', 'its name has no address');
  // All of them: a name with one public and one private address would be a matter of luck.
  const refused = addresses.find(({ address }) => !isReachable(address, url.protocol === 'https:'));
  if (refused === undefined) return { addresses };
  const what = url.protocol === 'https:' ? 'which is not public' : 'and plain http is for this machine alone';
  return failed('private_address', `its address is ${refused.address}, ${what}`);
}

/** Public ones, and what the operator names; on this machine, for development, plain http too. */
function reachable({ allowLoopback, networks = [] }: HardenedFetchOptions) {
  const isNamed = addressesIn(networks);
  return (address: string, isTls: boolean): boolean =>
    (isTls && (isPublicAddress(address) || isNamed(address))) || (allowLoopback && isLoopbackAddress(address));
}

function exchange(
  url: URL,
  addresses: readonly LookupAddress[],
  asked: OutsideRequest,
  deadline: AbortSignal,
  { ca }: HardenedFetchOptions,
): Promise<FetchOutcome> {
  const { body, contentTypes, headers } = asked;
  return new Promise((settle) => {
    const options: RequestOptions & { readonly ca?: string } = {
      method: body === undefined ? 'GET' : 'POST',
      // A connection of its own, closed behind it: none is kept that a later request would find already open.
      agent: false,
      lookup: pinnedTo(addresses),
      signal: deadline,
      maxHeaderSize: 16 * 1_024,
      headers: {
        accept: contentTypes.length === 0 ? '*/*' : contentTypes.join(', '),
        // Nothing is unpacked here: a small body stays small.
        'accept-encoding': 'identity',
        'user-agent': 'Diapason',
        ...headers,
        ...(body === undefined
          ? {}
          : { 'content-type': body.contentType, 'content-length': String(Buffer.byteLength(body.text)) }),
      },
      ...(ca === undefined ? {} : { ca }),
    };
    const send = url.protocol === 'https:' ? requestByHttps : requestByHttp;
    const outgoing = send(url, options, (incoming) => {
      readAnswer(incoming, asked).then(
        (outcome) => {
          settle(outcome);
          outgoing.destroy();
        },
        (error: unknown) => settle(broken(error, deadline)),
      );
    });
    outgoing.on('error', (error) => settle(broken(error, deadline)));
    outgoing.end(body?.text);
  });
}

/** A server for development: what it fetches may be on this machine too. */
export function isLoopbackHttp(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** Node asks for all addresses or for the first, by whether it means to try them side by side. */
function pinnedTo(addresses: readonly LookupAddress[]): NonNullable<RequestOptions['lookup']> {
  return (_hostname, options, done) => {
    const [first] = addresses;
    if (options.all === true) done(null, [...addresses]);
    else done(null, first?.address ?? '', first?.family);
  };
}

async function readAnswer(
  incoming: IncomingMessage,
  {
    contentTypes,
    anyStatus,
    bytesMax = BODY_BYTES_MAX,
  }: Pick<OutsideRequest, 'contentTypes' | 'anyStatus' | 'bytesMax'>,
): Promise<FetchOutcome> {
  const status = incoming.statusCode ?? 0;
  if (status >= 300 && status < 400) {
    return failed('redirected', `it answered ${status}; redirects are not followed`, status);
  }
  const isGood = status >= 200 && status < 300;
  if (!isGood && anyStatus !== true) return failed('bad_status', `it answered ${status}`, status);
  if (isGood && contentTypes.length > 0 && !isOneOf(incoming.headers['content-type'], contentTypes)) {
    return failed('wrong_type', `its content type is not ${contentTypes.join(' or ')}`, status);
  }
  const heads = {
    cacheControl: incoming.headers['cache-control'] ?? null,
    contentType: incoming.headers['content-type'] ?? null,
    wwwAuthenticate: incoming.headers['www-authenticate'] ?? null,
  };
  if (contentTypes.length === 0) return { outcome: 'fetched', status, ...heads, body: '' };
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of incoming) {
    bytes += piece.length;
    if (bytes > bytesMax) return failed('too_large', `it is larger than ${bytesMax} bytes`, status);
    pieces.push(piece);
  }
  return { outcome: 'fetched', status, ...heads, body: Buffer.concat(pieces).toString('utf8') };
}

function isOneOf(header: string | undefined, contentTypes: readonly string[]): boolean {
  const media = (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return (
    contentTypes.includes(media) ||
    (contentTypes.includes('application/json') && /^[\w.+-]+\/[\w.-]+\+json$/.test(media))
  );
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function broken(error: unknown, deadline: AbortSignal): FetchOutcome {
  return deadline.aborted ? failed('timed_out', 'it took too long') : failed('unreachable', messageOf(error));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}

function failed(fault: FetchFault, detail: string, status: number | null = null): FetchOutcome {
  return { outcome: 'failed', fault, detail, status };
}
