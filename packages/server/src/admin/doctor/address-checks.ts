/** What can be wrong at the public address: TLS, the issuer, cookies, and the proxies before it. */
import { type Facts, type Finding, fault, type Probe, seenOf, warning } from './finding.ts';

/** Renewal is due at a third of the time of a certificate of 90 days: below two weeks it has failed several times. */
const CERTIFICATE_SOON_MS = 14 * 86_400_000;

/** Everything of the address. */
export function* publicAddressFindings(facts: Facts): Generator<Finding> {
  yield* addressFindings(facts);
  yield* proxyFindings(facts);
}

function* addressFindings(facts: Facts): Generator<Finding> {
  const { url, issuer, isLoopback } = facts.settings;
  const isHttps = url.startsWith('https:');
  if (!isHttps && !isLoopback) {
    yield fault(
      'tls.issuer-http',
      'ASVS 12.2.1',
      `${url} is plain http: passwords and tokens travel readable.`,
      'Put a TLS proxy before it and set DIAPASON_URL to its https address.',
    );
  }
  const { metadata } = facts;
  if (metadata !== null && 'fault' in metadata) {
    yield fault(
      'issuer.unreachable',
      'RFC 8414 §3',
      `${issuer} does not answer: ${metadata.fault}.`,
      'See that the server runs, and that this machine reaches the public address (DNS, firewall, proxy).',
    );
  }
  const seen = seenOf(metadata);
  if (seen !== null) {
    const named = issuerIn(seen.body);
    if (seen.status !== 200 || named === null) {
      yield fault(
        'issuer.unreachable',
        'RFC 8414 §3',
        `The metadata of ${issuer} are not there: status ${seen.status}.`,
        'See where the proxy sends /o/.well-known/openid-configuration.',
      );
    } else if (named !== issuer) {
      yield fault(
        'issuer.other',
        'RFC 8414 §3.3',
        `${issuer} says that it is ${named}: every client refuses it.`,
        'Set DIAPASON_URL to the address that browsers and applications use, at every process.',
      );
    }
    yield* certificateFindings(seen, facts);
    if (isHttps && seen.strictTransportSecurity === null) {
      yield warning(
        'tls.no-hsts',
        'ASVS 3.4.1',
        'The answer has no Strict-Transport-Security: a proxy takes it out.',
        'Let the header through.',
      );
    }
  }
  const plain = seenOf(facts.plainHttp);
  if (
    isHttps &&
    plain !== null &&
    !(plain.status >= 300 && plain.status < 400 && plain.location?.startsWith('https:') === true)
  ) {
    yield warning(
      'tls.no-redirect',
      'ASVS 12.2.1',
      `http answers with status ${plain.status} in place of leading to https.`,
      'Let the proxy redirect http to https, or close port 80.',
    );
  }
  yield* cookieFindings(facts, isHttps);
}

function issuerIn(body: string): string | null {
  try {
    const { issuer } = JSON.parse(body) as { issuer?: unknown };
    return typeof issuer === 'string' ? issuer : null;
  } catch {
    return null;
  }
}

function* certificateFindings({ certificate }: Probe, { nowMs, settings: { url } }: Facts): Generator<Finding> {
  if (certificate === null) return;
  const day = new Date(certificate.validToMs).toISOString().slice(0, 10);
  if (certificate.validToMs <= nowMs) {
    yield fault(
      'tls.certificate-expired',
      'ASVS 12.2.2',
      `The certificate of ${url} expired on ${day}.`,
      'Renew it, and see why that did not happen by itself.',
    );
  } else if (certificate.fault !== null) {
    yield fault(
      'tls.certificate-untrusted',
      'ASVS 12.2.2',
      `The certificate of ${url} is not trusted: ${certificate.fault}.`,
      'Serve the whole chain of an authority that clients know. Of an own authority: NODE_EXTRA_CA_CERTS.',
    );
  } else if (certificate.validToMs - nowMs < CERTIFICATE_SOON_MS) {
    yield warning(
      'tls.certificate-expires-soon',
      'ASVS 12.2.2',
      `The certificate of ${url} expires on ${day}.`,
      'See whether its renewal works.',
    );
  }
}

function* cookieFindings({ signInPage }: Facts, isHttps: boolean): Generator<Finding> {
  for (const cookie of seenOf(signInPage)?.setCookies ?? []) {
    const name = cookie.split('=')[0] ?? '';
    const has = (attribute: string) => new RegExp(`;\\s*${attribute}(=|;|$)`, 'i').test(cookie);
    if (isHttps && !has('Secure')) {
      yield fault(
        'cookies.not-secure',
        'ASVS 3.3.1',
        `The cookie ${name} arrives without Secure: a proxy rewrites it.`,
        'Let Set-Cookie through as it is.',
        name,
      );
    }
    if (!has('SameSite')) {
      yield warning(
        'cookies.no-same-site',
        'ASVS 3.3.2',
        `The cookie ${name} arrives without SameSite: a proxy rewrites it.`,
        'Let Set-Cookie through as it is.',
        name,
      );
    }
  }
}

function* proxyFindings({ settings }: Facts): Generator<Finding> {
  const { trustedProxies, url } = settings;
  if (url.startsWith('https:') && trustedProxies === 0) {
    yield warning(
      'proxies.none',
      'RFC 9700 §4.13',
      'Nobody is trusted to say where a request comes from, so all come from the proxy that does TLS: limits by network hit everybody at once.',
      'Set DIAPASON_TRUSTED_PROXIES to the addresses of the proxies (or their number).',
    );
  }
  const wide = typeof trustedProxies === 'number' ? [] : trustedProxies.filter((range) => /\/[0-7]$/.test(range));
  for (const range of wide) {
    yield fault(
      'proxies.everybody',
      'RFC 9700 §4.13',
      `DIAPASON_TRUSTED_PROXIES holds ${range}: whoever asks says where they come from, and gets round every limit.`,
      'Name the proxies alone.',
      range,
    );
  }
  if (typeof trustedProxies === 'number' && trustedProxies > 3) {
    yield warning(
      'proxies.many',
      'RFC 9700 §4.13',
      `${trustedProxies} proxies are trusted. With fewer in fact, callers choose their own address.`,
      'Count them, or name their addresses.',
    );
  }
}
