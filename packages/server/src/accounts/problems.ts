/**
 * What can be wrong with what a person typed: one code for each problem, with the names of the values that its message
 * takes. Each code is the key of a message in `pages/messages/<language>.json`; the command line says the English one.
 *
 * Owns the codes. The words are the pages'; which rule a code stands for is said by the file that returns it.
 */

/** Every code, with the values that its message needs. */
export const PROBLEM_VALUES = {
  'problem.required': [],
  'problem.choice.unknown': [],
  'problem.date.invalid': [],
  /** A name that the operator declared no field by. */
  'problem.field.unknown': ['field'],
  'problem.picture.required': [],
  /** By what is in the file, whatever it is called. */
  'problem.picture.kind': [],
  'problem.picture.tooLarge': ['megabytes'],
  'problem.picture.tooManyPixels': ['megapixels'],
  'problem.picture.broken': [],
  /** The image library is not installed, or does not run on this machine. */
  'problem.picture.unavailable': [],
  'problem.text.tooLong': ['maximum'],
  'problem.text.controlCharacters': [],
  'problem.number.range': ['minimum', 'maximum'],
  'problem.username.taken': [],
  'problem.username.invisibleCharacters': [],
  'problem.username.notAllowed': [],
  /** It has an `@` and is not the account's own address. */
  'problem.username.address': [],
  'problem.group.taken': [],
  /** No account has the username, address or id. */
  'problem.user.unknown': [],
  'problem.group.unknown': ['group'],
  'problem.email.invalid': [],
  'problem.email.taken': [],
  /** Of another domain than may sign up. */
  'problem.email.domain': ['domains'],
  'problem.password.tooShort': ['minimum'],
  'problem.password.tooLong': ['maximum'],
  'problem.password.common': [],
  'problem.password.personal': [],
  'problem.password.words': [],
  'problem.password.keyboard': [],
  'problem.password.repeat': [],
  'problem.password.sequence': [],
  'problem.password.date': [],
  'problem.password.breached': [],
  'problem.password.wrongCurrent': [],
  'problem.signIn.wrong': [],
  /** No code of an authenticator app at this time, none that was not used, and no recovery code. */
  'problem.code.wrong': [],
  'problem.authenticators.tooMany': ['maximum'],
  /** Unknown here, removed, of a disabled account, or not signed as it has to be. */
  'problem.passkey.wrong': [],
  /** The page stood open for too long, or was sent before. */
  'problem.passkey.expired': [],
  /** The new passkey is not what was asked for. */
  'problem.passkey.unusable': [],
  /** It is registered, here or at another account. */
  'problem.passkey.taken': [],
  /** Without a password, the last one stays. */
  'problem.passkey.lastWayIn': [],
  'problem.passkeys.tooMany': ['maximum'],
  'problem.signIn.tooManyAttempts': ['minutes'],
  'problem.mailedCode.wrong': [],
  /** It is an address of this account already, and verified. */
  'problem.email.yours': [],
  'problem.email.tooMany': ['maximum'],
  /** Unknown, expired, answered, or another person's. */
  'problem.userCode.unknown': [],
  'problem.busy': ['seconds'],
  'problem.picture.busy': ['seconds'],
  'problem.grants.required': [],
  'problem.grants.publicClientCredentials': [],
  'problem.grants.publicTokenExchange': [],
  'problem.grants.refreshAlone': [],
  'problem.redirectUris.required': [],
  'problem.uri.invalid': ['uri'],
  'problem.uri.insecure': ['uri'],
  'problem.uri.scheme': ['uri'],
  'problem.uri.fragment': ['uri'],
  'problem.uri.userinfo': ['uri'],
  'problem.uri.wildcard': ['uri'],
  'problem.uri.tooMany': ['maximum'],
  'problem.frontchannelLogout.otherOrigin': [],
  'problem.origin.invalid': ['origin'],
  'problem.resource.invalid': [],
  'problem.jwks.invalid': [],
  'problem.jwks.private': [],
  'problem.jwks.key': [],
  'problem.scopes.unknown': ['scope'],
  'problem.detailsTypes.unknown': ['type'],
  /** A scope that only a superuser may assign. */
  'problem.scopes.superuserOnly': ['scope'],
  'problem.superuserOnly': [],
  'problem.applications.tooMany': ['maximum'],
  'problem.secrets.tooMany': ['maximum'],
  'problem.secrets.last': [],
  'problem.secrets.public': [],
  'problem.address.invalid': [],
  /** What was chosen needs public keys of the application. */
  'problem.certificateName.invalid': [],
  'problem.certificateName.one': [],
  'problem.boundTwice': [],
  'problem.fapi.confidential': [],
  'problem.fapi.authentication': [],
  'problem.fapi.bound': [],
  'problem.fapi.codeLifetime': [],
  'problem.fapi.pushed': [],
  'problem.fapi.pkce': [],
  'problem.fapi.https': [],
  'problem.fapi.algorithms': [],
  'problem.fapi.signedRequest': [],
  'problem.fapi.signedResponse': [],
  'problem.keys.required': [],
  /** Encrypting needs a key with `use` `enc` that fits the algorithm. */
  'problem.keys.encryption': ['algorithm'],
  /** `jwks` and `jwks_uri` (RFC 7591 §2). */
  'problem.keys.twice': [],
  /** Redirect URIs of several hosts, or a device beside them: whose host it is has to be shown. */
  'problem.sector.required': [],
  'problem.sector.noRedirectUris': [],
  'problem.sector.unread': ['detail'],
  'problem.sector.missing': ['uri'],
  /** A public application proves nothing. */
  'problem.clientAuthentication.public': [],
} as const satisfies Readonly<Record<`problem.${string}`, readonly string[]>>;

/** One of the codes of {@link PROBLEM_VALUES}. */
export type ProblemCode = keyof typeof PROBLEM_VALUES;

/** What is wrong with one field of a form, or of a command's options. */
export interface FieldProblem {
  /** The field's wire name, such as `first_name`; empty for the form as a whole. */
  readonly field: string;
  readonly code: ProblemCode;
  readonly values?: Readonly<Record<string, string | number>>;
}

/** What was typed cannot be accepted; nothing was changed. At least one problem, at most one a field. */
export interface Refused {
  readonly outcome: 'refused';
  readonly problems: readonly FieldProblem[];
}

/** Every password hash slot is taken and the queue is full (or its end is too far away): come back. Nothing was changed. */
export interface Busy {
  readonly outcome: 'busy';
  readonly retryAfterSeconds: number;
}

/** Too many failures. Nothing was looked at. */
export interface Limited {
  readonly outcome: 'limited';
  readonly retryAfterSeconds: number;
}

/** Names what is wrong with a field. */
export function fieldProblem(
  field: string,
  code: ProblemCode,
  values?: Readonly<Record<string, string | number>>,
): FieldProblem {
  return values === undefined ? { field, code } : { field, code, values };
}

/** Refuses with these problems. */
export function refused(...problems: readonly FieldProblem[]): Refused {
  return { outcome: 'refused', problems };
}
