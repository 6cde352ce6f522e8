/**
 * Which values each message takes. JSON has no types, so they are said here: a forgotten value is a compile error instead
 * of a broken page. A test compares this table with the parameters that stand in every language file.
 */

/** Messages with parameters, and their names. A message that is not listed takes none. */
export const MESSAGE_PARAMETERS = {
  'problem.text.tooLong': ['maximum'],
  'problem.password.tooShort': ['minimum'],
  'problem.password.tooLong': ['maximum'],
  'problem.signIn.tooManyAttempts': ['minutes'],
  'problem.busy': ['seconds'],
  'problem.uri.invalid': ['uri'],
  'problem.uri.insecure': ['uri'],
  'problem.uri.scheme': ['uri'],
  'problem.uri.fragment': ['uri'],
  'problem.uri.userinfo': ['uri'],
  'problem.uri.wildcard': ['uri'],
  'problem.uri.tooMany': ['maximum'],
  'problem.origin.invalid': ['origin'],
  'problem.scopes.unknown': ['scope'],
  'problem.number.range': ['minimum', 'maximum'],
} as const satisfies Record<string, readonly string[]>;
