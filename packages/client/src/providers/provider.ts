/**
 * What a provider is: where it is, how it is spoken to, and how its answer reads as a person.
 *
 * Owns the types that `oauth2()`, `oidc()` and the ready-made providers return. The protocol itself is in `protocol/`.
 */

/** What a provider says about a person, before it is mapped: claims, or the JSON of its profile address. */
export type Profile = Readonly<Record<string, unknown>>;

/** The fields of a local user that a provider can fill. What it does not give is undefined and left alone. */
export interface ProfileFields {
  readonly username?: string | undefined;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly email?: string | undefined;
  /** Whether the provider itself verified the address. */
  readonly emailVerified?: boolean | undefined;
}

/** For each field the member of the profile that holds it, or a function over the whole profile. */
export type FieldMapping = Readonly<
  Partial<Record<keyof ProfileFields, string | ((profile: Profile) => string | boolean | undefined)>>
>;

/** The addresses that a social app entered in `/admin/` may override. */
export interface AddressOverrides {
  readonly serverUrl: string | null;
  readonly backChannelUrl: string | null;
  /** What was entered for the provider's {@link ProviderSetting}s, by their names. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Something of its own that a provider needs beside client id and secret, entered in `/admin/`, such as Apple's team. */
export interface ProviderSetting {
  /** Lower-case letters and underscores. */
  readonly name: string;
  /** What people read, in English and in French. */
  readonly label: { readonly en: string; readonly fr: string };
  readonly pattern: RegExp;
  /** A text that the pattern takes. */
  readonly example: string;
  /** In force where nothing is entered; null: something has to be. */
  readonly fallback: string | null;
}

/** Whether a person whom the provider identified may sign in here: null, or why not, for the log. */
export type Acceptance = (profile: Profile) => string | null;

/** What every provider has. */
export interface ProviderCommon {
  /** Part of the URLs: `/accounts/<id>/login/`. Lower-case letters, digits, hyphen, underscore. */
  readonly id: string;
  /** What people read: "Sign in with <name>". */
  readonly name: string;
  /** Asked for unless the social app says otherwise. */
  readonly scope: readonly string[];
  readonly fields: FieldMapping;
  /** Parameters added to each authorization request. */
  readonly authorizationParameters: Readonly<Record<string, string>>;
  /** Credentials from code; null: from the social apps that are entered in `/admin/`. */
  readonly credentials: { readonly clientId: string; readonly clientSecret: string | null } | null;
  /** Who of the provider's people may sign in here; null: all of them. */
  readonly accept: Acceptance | null;
  /**
   * OAuth 2.0 Form Post Response Mode: `form_post` where the provider's answer comes as a form from its own pages. It has to be
   * asked for in `authorizationParameters` as well.
   */
  readonly responseMode: 'query' | 'form_post';
  /**
   * True: an address that this provider verified counts as verified here, and a person who comes with it is taken to the
   * account that holds it as verified. Only for a provider that nobody can make say a foreign address.
   */
  readonly trustEmail: boolean;
  /**
   * True: the tokens are bound to a key of this application (DPoP, RFC 9449), one for each sign-in, and no bearer token is taken in their
   * place. Left out: bearer tokens.
   */
  readonly dpop?: boolean;
  /** True: addresses with http: beyond the loopback interface are used. Tokens then travel in the clear. */
  readonly allowInsecure: boolean;
  /** True: a social app may say `serverUrl` and `backChannelUrl`. */
  readonly adjustable: boolean;
  /** The addresses in force without a social app, shown in its form; null where there is nothing to show. */
  readonly defaultServerUrl: string | null;
  readonly defaultBackChannelUrl: string | null;
  /** Left out: there is nothing of the kind. */
  readonly settings?: readonly ProviderSetting[];
}

/** RFC 6749 endpoints, each under the address at which it is reached. */
export interface OAuth2Addresses {
  /** Names the server: compared with `iss` (RFC 9207), and the first half of an account's key. */
  readonly issuer: string;
  /** Browser. */
  readonly authorizationUrl: string;
  /** Back channel. */
  readonly tokenUrl: string;
  /** Back channel: answers a bearer token with the person's profile as JSON. */
  readonly profileUrl: string;
  /** Browser: where the person can end their session at the server, null when unknown. */
  readonly signOutUrl: string | null;
  /**
   * Back channel: further documents about the person, each put into the profile under its name. One that the server refuses is
   * left out: the person, or the scope, does not give it.
   */
  readonly moreProfileUrls?: Readonly<Record<string, string>>;
}

/** Any OAuth 2 server that has an address for the person's profile. */
export interface OAuth2Provider extends ProviderCommon {
  readonly protocol: 'oauth2';
  /** The addresses in force, with what a social app may have overridden. */
  addresses(overrides: AddressOverrides): OAuth2Addresses;
  /** The person's unchanging identifier in the profile: a member's name, or a function. JSON numbers become text. */
  readonly uid: string | ((profile: Profile) => unknown);
  readonly clientAuthentication: 'client_secret_post' | 'client_secret_basic';
  /** True: the server sends `iss` with each authorization response, and one without it is refused (RFC 9207 §2.4). */
  readonly issuerInResponse: boolean;
  /** Sent with each request for the profile. Left out: `accept: application/json`. */
  readonly profileHeaders?: Readonly<Record<string, string>>;
  /**
   * For a token endpoint that answers errors with status 200 (against RFC 6749 §5.2): its codes, with the RFC's names for them.
   * One that is not listed keeps its name.
   */
  readonly errorsWithStatus200?: Readonly<Record<string, string>>;
}

/** Where an OpenID Connect issuer is. */
export interface OidcAddresses {
  readonly issuer: string;
  /** The same server as the back channel reaches it, null: under the issuer's own address. */
  readonly backChannelUrl: string | null;
}

/** Any OpenID Connect issuer that publishes its metadata. The subject is `sub` unless `uid` says otherwise. */
export interface OidcProvider extends ProviderCommon {
  readonly protocol: 'oidc';
  /** The addresses in force, with what a social app may have overridden. */
  addresses(overrides: AddressOverrides): OidcAddresses;
  /** Another claim of the ID token that never changes and is never given to somebody else. */
  readonly uid?: string;
  /** Left out: what the metadata offers. Said, the metadata is used exactly as it was discovered. */
  readonly clientAuthentication?: 'client_secret_post' | 'client_secret_basic';
  /** False: the ID token says all there is, and userinfo is not asked. Left out: it is, where the metadata has it. */
  readonly userinfo?: boolean;
  /**
   * What the browser brings about the person beside the ID token. Nobody signed it, so the ID token's claims stand above it:
   * names are fit for it, an address is not.
   */
  readonly profileFromResponse?: (response: URLSearchParams) => Profile;
  /**
   * From the secret that was entered (such as a private key) to the one that is sent. @throws ClientSecretError when it cannot be
   * used.
   */
  readonly makeSecret?: (
    entered: string,
    clientId: string,
    nowMs: number,
    settings?: Readonly<Record<string, string>>,
  ) => string;
}

/** The secret that was entered is not of the kind that the provider needs. `message` says which, and nothing of the secret. */
export class ClientSecretError extends Error {
  override readonly name = 'ClientSecretError';
}

/** A provider, as `createAccounts({ providers })` takes it. */
export type Provider = OAuth2Provider | OidcProvider;

/** Credentials and settings in force for one provider: its own, with the social app's over them. */
export interface ProviderClient {
  readonly clientId: string;
  /** null: a public client. */
  readonly clientSecret: string | null;
  readonly scope: readonly string[];
  readonly overrides: AddressOverrides;
}

/** The options that all kinds of providers share. */
export interface CommonOptions {
  readonly id?: string;
  readonly name?: string;
  readonly scope?: readonly string[];
  /** Which member of the profile is which field of the user; a function where a member is not enough. */
  /** Those that are said take the place of the provider's own, one by one. */
  readonly fields?: FieldMapping;
  readonly authorizationParameters?: Readonly<Record<string, string>>;
  /** Leave out to enter them in `/admin/`. Without a secret the client is a public one. */
  readonly credentials?: { readonly clientId: string; readonly clientSecret?: string };
  readonly trustEmail?: boolean;
  readonly allowInsecure?: boolean;
}

/** Words that the library's own URLs use in the place of a provider's id. */
const RESERVED = new Set(['login', 'signup', 'logout', 'profile', 'connections', 'social', 'language', 'assets']);

/**
 * The common part of a provider.
 * @throws TypeError when the id cannot be part of a URL or is taken by the library.
 */
export function commonSettings(
  options: CommonOptions,
  defaults: { id: string; name: string; scope: readonly string[]; fields: FieldMapping },
): Omit<ProviderCommon, 'adjustable' | 'defaultServerUrl' | 'defaultBackChannelUrl'> {
  const id = options.id ?? defaults.id;
  if (!/^[a-z0-9][a-z0-9_-]{0,39}$/.test(id) || RESERVED.has(id)) {
    throw new TypeError(
      `provider id "${id}": up to 40 lower-case letters, digits, hyphens and underscores, and none of ${[...RESERVED].join(', ')}`,
    );
  }
  return {
    id,
    name: options.name ?? defaults.name,
    scope: options.scope ?? defaults.scope,
    // One by one: whoever says where the username is keeps the address.
    fields: { ...defaults.fields, ...options.fields },
    authorizationParameters: options.authorizationParameters ?? {},
    credentials:
      options.credentials === undefined
        ? null
        : { clientId: options.credentials.clientId, clientSecret: options.credentials.clientSecret ?? null },
    trustEmail: options.trustEmail ?? false,
    allowInsecure: options.allowInsecure ?? false,
    accept: null,
    responseMode: 'query',
  };
}
