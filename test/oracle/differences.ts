/**
 * Why our answer is another than the oracle's, as data: one entry for requests that differ for the same reason.
 *
 * Owns the reasons and their table. A difference without a reason fails the test, and so does a reason without a difference.
 */
import type { BadRequest } from './requests.ts';

/** The two answers to one request. */
export interface Comparison {
  readonly request: BadRequest;
  readonly ours: string;
  readonly oracle: string;
}

/** What an entry is about, and why it is as it is. */
export interface Difference {
  /** Tested against `endpoint, client: name`. */
  readonly requests: RegExp;
  readonly ours: string;
  readonly oracle: string;
  readonly reason: string;
}

/** Every reason. */
export const DIFFERENCES: readonly Difference[] = [
  {
    requests: /^authorize, \w+: (without redirect_uri|redirect_uri empty)$/,
    ours: 'page 400',
    oracle: 'asks',
    reason:
      'OpenID Connect Core section 3.1.2.1 requires it where the scope has openid in it; the oracle takes the only registered one.',
  },
  {
    requests: /^authorize, \w+: redirect_uri twice/,
    ours: 'page 400',
    oracle: 'redirect invalid_request',
    reason: 'Of a repeated redirect URI neither is believed, so nobody is sent to either (CVE-2026-9689).',
  },
  {
    requests: /^authorize, \w+: response_type=(id_token|code id_token|none)$/,
    ours: 'redirect unsupported_response_type',
    oracle: 'redirect invalid_request',
    reason: 'The oracle knows these types and misses their other parameters first; here they do not exist at all.',
  },
  {
    requests: /^authorize, \w+: response_type=code code$/,
    ours: 'redirect unsupported_response_type',
    oracle: 'asks',
    reason: 'The oracle takes a set of words and forgets the second; here the value is compared as it is.',
  },
  {
    requests: /^authorize, \w+: response_mode=(foo|query fragment)$/,
    ours: 'redirect invalid_request',
    oracle: 'redirect unsupported_response_mode',
    reason:
      'No specification defines the code unsupported_response_mode; RFC 6749 section 4.1.2.1 has invalid_request.',
  },
  {
    requests: /^authorize, \w+: scope=(unknown|openid unknown|OPENID)$/,
    ours: 'redirect invalid_scope',
    oracle: 'asks',
    reason:
      'The oracle leaves unknown scopes out in silence; a developer is better served by hearing of them (RFC 6749 section 3.3).',
  },
  {
    requests: /^authorize, \w+: scope=openid\\temail$/,
    ours: 'redirect invalid_request',
    oracle: 'redirect invalid_scope',
    reason: 'Control characters are refused in any parameter before its meaning is looked at.',
  },
  {
    requests: /^authorize, \w+: prompt=select_account$/,
    ours: 'asks',
    oracle: 'redirect invalid_request',
    reason: 'Choosing an account is supported here, and not by the oracle as it is configured.',
  },
  {
    requests: /^authorize, \w+: request_uri=urn:/,
    ours: 'page 400',
    oracle: 'redirect invalid_request_uri',
    reason:
      'Client and redirect URI of a pushed request are in the pushed request; where it is unknown, so is where to answer.',
  },
  {
    requests: /^authorize, \w+: claims=/,
    ours: 'redirect invalid_request',
    oracle: 'asks',
    reason:
      'The parameter claims is supported here, so a malformed one is an error; the oracle as it is configured ignores it.',
  },
  {
    requests: /^authorize, \w+: (state|nonce)=(a\\u0000b|a\\nb|n+\.\.\. \(600\))$/,
    ours: 'redirect invalid_request',
    oracle: 'asks',
    reason:
      'RFC 6749 appendix A.5 allows printable characters alone in state; a nonce has a limit, since it is stored.',
  },
  {
    requests: /^authorize, \w+: (a percent sign alone|octets that are not UTF-8)/,
    ours: 'redirect invalid_request',
    oracle: 'asks',
    reason: 'What does not decode is refused: the oracle passes on a value that the application did not send.',
  },
  {
    requests: /^authorize, \w+: POST of a form$/,
    ours: 'asks',
    oracle: 'page 404',
    reason:
      'OpenID Connect Core section 3.1.2.1 wants POST; the oracle has it only where its cookies go to every site.',
  },
  {
    requests: /^authorize, \w+: POST of JSON$/,
    ours: 'page 400',
    oracle: 'page 404',
    reason: 'POST exists here, and says that a form is wanted.',
  },
  {
    requests: /^authorize, \w+: (PUT|DELETE|PATCH)$/,
    ours: 'page 405',
    oracle: 'page 404',
    reason: 'A method that an address does not have is 405 (RFC 9110 section 15.5.6); the address does exist.',
  },
  {
    requests: /^(token|introspect|revoke), \w+: .*: (GET|PUT)$/,
    ours: '405 invalid_request',
    oracle: '404',
    reason: 'A method that an address does not have is 405 (RFC 9110 section 15.5.6); the address does exist.',
  },
  {
    requests: /^userinfo, public: DELETE$/,
    ours: '405 invalid_request',
    oracle: '404',
    reason: 'A method that an address does not have is 405 (RFC 9110 section 15.5.6); the address does exist.',
  },
  {
    requests:
      /^(token|introspect|revoke), \w+: .*: (no client|Basic .*|Bearer .*|another scheme|a client assertion .*|an empty body)$/,
    ours: '401 invalid_client',
    oracle: '400 invalid_request',
    reason:
      'No client authentication, or none that can be read, is invalid_client by RFC 6749 section 5.2, with the challenge.',
  },
  {
    requests: /^introspect, \w+: .*: Bearer as the client$/,
    ours: '401 invalid_token',
    oracle: '400 invalid_request',
    reason: 'Here a bearer token may authorize an introspection (RFC 7662 section 2.1), and this one is unknown.',
  },
  {
    requests: /^token, confidential: client_credentials: unknown$/,
    ours: '400 invalid_scope',
    oracle: '200',
    reason: 'The oracle leaves unknown scopes out in silence (see above).',
  },
  {
    requests: /^token, public: client_credentials: (unknown|without scope|scope empty)$/,
    ours: '400 unauthorized_client',
    oracle: '400 invalid_request',
    reason: 'RFC 6749 section 5.2 has a code for a grant that the application may not use.',
  },
  {
    requests: /^introspect, public: a token: unknown$/,
    ours: '401 invalid_client',
    oracle: '200 inactive',
    reason: 'A public client proves nothing, so it may not ask here (RFC 7662 section 4).',
  },
  {
    requests: /^introspect, public: a token: (without token|token empty)$/,
    ours: '401 invalid_client',
    oracle: '400 invalid_request',
    reason: 'A public client may not ask here, whatever it asks.',
  },
  {
    requests: /^redirect URI, \w+: https:\/\/user@/,
    ours: 'refused',
    oracle: 'accepted',
    reason: 'A user name before the host misleads whoever reads the address (CVE-2026-28512).',
  },
  {
    requests: /^redirect URI, \w+: https:\/\/\*\./,
    ours: 'refused',
    oracle: 'accepted',
    reason:
      'A star is a wildcard in the eyes of whoever writes it, and never matches here: it is refused with that reason.',
  },
  {
    requests: /^redirect URI, \w+: https:\/\/app\.example\/(a b|\\x)$/,
    ours: 'refused',
    oracle: 'accepted',
    reason: 'These are no characters of a URI (RFC 3986 section 2); browsers and parsers repair them differently.',
  },
  {
    requests: /^redirect URI, confidential: http:\/\/(app\.example\/|127\.0\.0\.2\/cb)$/,
    ours: 'refused',
    oracle: 'accepted',
    reason: 'Codes travel under TLS, except to this machine by one of its three names (RFC 9700 section 2.6).',
  },
  {
    requests: /^redirect URI, public: https:\/\/localhost\/cb$/,
    ours: 'accepted',
    oracle: 'refused',
    reason: 'A developer with a certificate for localhost does nothing wrong.',
  },
  {
    requests: /^redirect URI, public: (myapp:\/\/cb|urn:.*|ftp:.*)$/,
    ours: 'refused',
    oracle: 'accepted',
    reason: 'A scheme of an application has a dot in it, so that it belongs to somebody (RFC 8252 section 7.1).',
  },
  {
    requests: /^userinfo, public: no token$/,
    ours: '401',
    oracle: '401 invalid_token',
    reason: 'Without any token the challenge has no error code (RFC 6750 section 3.1).',
  },
  {
    requests: /^userinfo, public: DPoP without a proof$/,
    ours: '401 invalid_token',
    oracle: '400 invalid_request',
    reason:
      'The token is looked up before the proof, and this one is unknown; the answer says so under the scheme that was used.',
  },
  {
    requests: /^userinfo, public: POST of JSON$/,
    ours: '401',
    oracle: '400 invalid_request',
    reason: 'A token is looked for in a form alone (RFC 6750 section 2.2), so this request has none.',
  },
];

/** How a request is named in messages, patterns and the table. */
export function nameOf({ endpoint, client, name }: BadRequest): string {
  return `${endpoint}, ${client}: ${name}`;
}

/** The reason for a difference; undefined: nobody has given one. */
export function reasonFor({ request, ours, oracle }: Comparison): Difference | undefined {
  return DIFFERENCES.find(
    (entry) => entry.ours === ours && entry.oracle === oracle && entry.requests.test(nameOf(request)),
  );
}

/** docs/oracle.md. */
export function document(comparisons: readonly Comparison[]): string {
  const differing = comparisons.filter(({ ours, oracle }) => ours !== oracle);
  const rows = differing.map((comparison) => [
    code(nameOf(comparison.request)),
    code(comparison.ours),
    code(comparison.oracle),
    reasonFor(comparison)?.reason ?? '',
  ]);
  return `# The oracle: the same bad requests to another server

\`oidc-provider\` is certified, and never part of this product: it runs beside it in a test (\`test/oracle\`), with the same
applications, and both get the same ${comparisons.length} requests that are wrong in one way each. ${comparisons.length - differing.length} answers agree in status, error code, and
whether the browser is sent to the application, asked to sign in, or shown a page. Where they differ, this table says why.
It is written by the test.

${table([['request', 'ours', 'oracle', 'reason'], ...rows])}
`;
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

/** Columns of equal width, as the formatter of this repository wants them. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [heading = [], ...rest] = rows;
  return [line(heading), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join('\n');
}
