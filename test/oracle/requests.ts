/**
 * Requests that are wrong in one way each, as data: they are sent to the running server and to the oracle alike.
 *
 * Owns the requests. Who they are sent to is `targets.ts`, what the answers should have in common is `differences.ts`.
 */

/** The endpoints that are asked. */
export type Endpoint = 'authorize' | 'token' | 'introspect' | 'revoke' | 'userinfo' | 'redirect URI';

/** The two applications that both servers know. */
export type ClientKind = 'confidential' | 'public';

/** One request, before the addresses and credentials of a server are put in. */
export interface BadRequest {
  readonly endpoint: Endpoint;
  readonly client: ClientKind;
  /** Unique with endpoint and client. */
  readonly name: string;
  readonly method: string;
  /** Encoded. `CLIENT_ID` and `CLIENT_SECRET` stand for the client's. */
  readonly query: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The redirect URI that both applications have registered. */
export const REDIRECT_URI = 'https://app.example/callback';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const FORM = 'application/x-www-form-urlencoded';
const CLIENTS: readonly ClientKind[] = ['confidential', 'public'];
/** A JWS of algorithm `none`. */
const UNSIGNED = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.';

type Pairs = readonly (readonly [string, string])[];

const AUTHORIZE: Pairs = [
  ['client_id', 'CLIENT_ID'],
  ['redirect_uri', REDIRECT_URI],
  ['response_type', 'code'],
  ['scope', 'openid'],
  ['state', 'the-state'],
  ['code_challenge', CHALLENGE],
  ['code_challenge_method', 'S256'],
];

/** Values that are wrong, by parameter. */
const WRONG: readonly (readonly [string, readonly string[]])[] = [
  ['client_id', ['unknown', 'CLIENT_ID ', 'client\nid', '../CLIENT_ID', `${'x'.repeat(300)}`]],
  [
    'redirect_uri',
    [
      'https://app.example/callback/',
      'https://app.example/callback?x=1',
      'https://app.example/callback#x',
      'https://app.example/other',
      'https://app.example:8443/callback',
      'http://app.example/callback',
      'https://APP.example/callback',
      'https://app.example@evil.example/callback',
      'https://app.example.evil.example/callback',
      'https://app.example/x/../callback',
      'https://app.example/callback%00',
      'https://app.example\\@evil.example/callback',
      '//app.example/callback',
      '/callback',
      'javascript:alert(1)',
      'data:text/html,x',
      'urn:ietf:wg:oauth:2.0:oob',
      'callback',
    ],
  ],
  [
    'response_type',
    ['token', 'id_token', 'id_token token', 'code token', 'code id_token', 'none', 'CODE', 'code code', 'foo'],
  ],
  ['response_mode', ['fragment', 'form_post', 'foo', 'query fragment']],
  ['scope', ['unknown', 'openid unknown', 'OPENID', 'openid "email"', 'openid\temail']],
  ['prompt', ['none', 'none login', 'foo', 'login foo', 'select_account']],
  ['max_age', ['-1', 'abc', '1.5', '99999999999999999999']],
  ['code_challenge_method', ['plain', 's256', 'S512']],
  ['code_challenge', ['short', 'x'.repeat(129), `${CHALLENGE}=`, `${CHALLENGE.slice(1)}!`]],
  ['id_token_hint', ['garbage', UNSIGNED]],
  ['request', ['garbage', UNSIGNED]],
  ['request_uri', ['https://app.example/request', 'urn:ietf:params:oauth:request_uri:unknown', 'garbage']],
  ['registration', ['{}']],
  ['claims', ['not JSON', '[]', '{"id_token":1}']],
  ['display', ['foo']],
  ['state', ['a\u0000b', 'a\nb']],
  ['nonce', ['a\nb', 'n'.repeat(600)]],
];

function authorizeRequests(client: ClientKind): BadRequest[] {
  const get = (name: string, query: string, more: Partial<BadRequest> = {}): BadRequest => ({
    endpoint: 'authorize',
    client,
    name,
    method: 'GET',
    query,
    body: '',
    headers: { accept: 'text/html' },
    ...more,
  });
  const names = AUTHORIZE.map(([name]) => name);
  return [
    ...names.map((name) => get(`without ${name}`, encode(AUTHORIZE.filter(([other]) => other !== name)))),
    ...names.map((name) => get(`${name} empty`, encode(replaced(name, '')))),
    ...names.map((name) => get(`${name} twice`, encode([...AUTHORIZE, ...AUTHORIZE.filter(([n]) => n === name)]))),
    ...names.map((name) => get(`${name} twice, the second another`, encode([...AUTHORIZE, [name, 'another']]))),
    ...WRONG.flatMap(([name, values]) =>
      values.map((value) => get(`${name}=${shown(value)}`, encode(replaced(name, value)))),
    ),
    get('nothing at all', ''),
    get('a percent sign alone in state', `${encode(replaced('state', ''))}%`),
    get('octets that are not UTF-8 in state', `${encode(replaced('state', ''))}%ff`),
    get('POST of a form', '', { method: 'POST', body: encode(AUTHORIZE), headers: { 'content-type': FORM } }),
    get('POST of JSON', '', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }),
    ...['PUT', 'DELETE', 'PATCH'].map((method) => get(method, encode(AUTHORIZE), { method })),
  ];
}

function backChannelRequests(client: ClientKind): BadRequest[] {
  const forms: readonly (readonly [Endpoint, string, Pairs])[] = [
    [
      'token',
      'authorization_code',
      [
        ['grant_type', 'authorization_code'],
        ['code', 'unknown'],
        ['redirect_uri', REDIRECT_URI],
      ],
    ],
    [
      'token',
      'refresh_token',
      [
        ['grant_type', 'refresh_token'],
        ['refresh_token', 'unknown'],
      ],
    ],
    [
      'token',
      'client_credentials',
      [
        ['grant_type', 'client_credentials'],
        ['scope', 'unknown'],
      ],
    ],
    ['introspect', 'a token', [['token', 'unknown']]],
    ['revoke', 'a token', [['token', 'unknown']]],
  ];
  return forms.flatMap(([endpoint, what, pairs]) => {
    const post = (name: string, body: string, more: Partial<BadRequest> = {}): BadRequest => ({
      endpoint,
      client,
      name: `${what}: ${name}`,
      method: 'POST',
      query: '',
      body,
      headers: { 'content-type': FORM, ...(client === 'public' ? {} : { authorization: 'Basic GOOD' }) },
      ...more,
    });
    const me: Pairs = client === 'public' ? [['client_id', 'CLIENT_ID'], ...pairs] : pairs;
    const withHeader = (name: string, authorization: string) =>
      post(name, encode(me), { headers: { 'content-type': FORM, authorization } });
    return [
      post('unknown', encode(me)),
      ...pairs.map(([name]) => post(`without ${name}`, encode(me.filter(([other]) => other !== name)))),
      ...pairs.map(([name]) => post(`${name} empty`, encode(me.map(([n, v]) => [n, n === name ? '' : v])))),
      ...pairs.map(([name]) => post(`${name} twice`, encode([...me, ...me.filter(([other]) => other === name)]))),
      post('no client', encode(pairs), { headers: { 'content-type': FORM } }),
      post('an unknown client', encode([['client_id', 'unknown'], ...pairs]), { headers: { 'content-type': FORM } }),
      post('a wrong secret in the body', encode([['client_id', 'CLIENT_ID'], ['client_secret', 'wrong'], ...pairs]), {
        headers: { 'content-type': FORM },
      }),
      withHeader('a wrong secret', 'Basic WRONG'),
      withHeader('Basic that is not base64', 'Basic ###'),
      withHeader('Basic without a colon', `Basic ${btoa('nocolon')}`),
      withHeader('Basic with nothing', 'Basic '),
      withHeader('Bearer as the client', 'Bearer unknown'),
      withHeader('another scheme', 'Digest username="x"'),
      post(
        'a client assertion of garbage',
        encode([
          ...me,
          ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
          ['client_assertion', 'garbage'],
        ]),
        { headers: { 'content-type': FORM } },
      ),
      post('as JSON', JSON.stringify(Object.fromEntries(me)), { headers: { 'content-type': 'application/json' } }),
      post('without a content type', encode(me), {
        headers: client === 'public' ? {} : { authorization: 'Basic GOOD' },
      }),
      post('an empty body', ''),
      post('GET', '', { method: 'GET', query: encode(me) }),
      post('PUT', encode(me), { method: 'PUT' }),
    ];
  });
}

function grantRequests(client: ClientKind): BadRequest[] {
  const me: Pairs = client === 'public' ? [['client_id', 'CLIENT_ID']] : [];
  const headers = { 'content-type': FORM, ...(client === 'public' ? {} : { authorization: 'Basic GOOD' }) };
  const types = ['password', 'implicit', 'foo', 'Authorization_Code', 'urn:ietf:params:oauth:grant-type:jwt-bearer'];
  return types.map((type) => ({
    endpoint: 'token',
    client,
    name: `grant_type=${type}`,
    method: 'POST',
    query: '',
    body: encode([...me, ['grant_type', type], ['username', 'x'], ['password', 'x']]),
    headers,
  }));
}

function userinfoRequests(): BadRequest[] {
  const ask = (name: string, more: Partial<BadRequest>): BadRequest => ({
    endpoint: 'userinfo',
    client: 'public',
    name,
    method: 'GET',
    query: '',
    body: '',
    headers: {},
    ...more,
  });
  const bearer = { authorization: 'Bearer unknown' };
  return [
    ask('no token', {}),
    ask('an unknown token', { headers: bearer }),
    ask('Bearer with nothing', { headers: { authorization: 'Bearer ' } }),
    ask('Bearer with two words', { headers: { authorization: 'Bearer a b' } }),
    ask('Basic', { headers: { authorization: 'Basic eDp5' } }),
    ask('DPoP without a proof', { headers: { authorization: 'DPoP unknown' } }),
    ask('a token in the query', { query: 'access_token=unknown' }),
    ask('a token in query and header', { query: 'access_token=unknown', headers: bearer }),
    ask('POST with the token in the body', {
      method: 'POST',
      body: 'access_token=unknown',
      headers: { 'content-type': FORM },
    }),
    ask('POST with two tokens', {
      method: 'POST',
      body: 'access_token=unknown',
      headers: { 'content-type': FORM, ...bearer },
    }),
    ask('POST of JSON', {
      method: 'POST',
      body: '{"access_token":"x"}',
      headers: { 'content-type': 'application/json' },
    }),
    ask('DELETE', { method: 'DELETE', headers: bearer }),
  ];
}

/** Redirect URIs that somebody may want to register. */
const URIS = [
  'https://app.example/callback',
  'https://app.example',
  'https://app.example/a?b=c',
  'https://app.example/#x',
  'https://user@app.example/',
  'https://*.app.example/',
  'https://app.example/*',
  'http://app.example/',
  'http://localhost/',
  'http://localhost:3000/cb',
  'http://127.0.0.1/cb',
  'http://[::1]/cb',
  'http://127.0.0.2/cb',
  'https://localhost/cb',
  'com.example.app:/cb',
  'com.example.app://cb',
  'myapp://cb',
  'javascript:alert(1)',
  'data:text/html,x',
  'file:///etc/passwd',
  'urn:ietf:wg:oauth:2.0:oob',
  '//app.example/',
  '/callback',
  'callback',
  '',
  'https://',
  'https://app.example/a b',
  'https://app.example/\\x',
  'ftp://app.example/',
] as const;

function uriRequests(client: ClientKind): BadRequest[] {
  return URIS.map((uri) => ({
    endpoint: 'redirect URI',
    client,
    name: uri === '' ? '(empty)' : uri,
    method: 'POST',
    query: '',
    body: uri,
    headers: {},
  }));
}

/** All of them. */
export const BAD_REQUESTS: readonly BadRequest[] = [
  ...CLIENTS.flatMap((client) => [
    ...authorizeRequests(client),
    ...backChannelRequests(client),
    ...grantRequests(client),
    ...uriRequests(client),
  ]),
  ...userinfoRequests(),
];

function replaced(name: string, value: string): Pairs {
  return [...AUTHORIZE.filter(([other]) => other !== name), [name, value]];
}

function encode(pairs: Pairs): string {
  return new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString();
}

function shown(value: string): string {
  const text = JSON.stringify(value).slice(1, -1);
  return text.length > 60 ? `${text.slice(0, 20)}... (${value.length})` : text;
}
