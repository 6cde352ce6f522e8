/**
 * What somebody wants an application to be: read from the form or the command line into one typed value.
 *
 * Owns the syntax of each field by itself. Whether the fields fit together, and who may ask for what, is
 * `application-rules.ts`. Fields have the names of the form, in problems too.
 */
import { z } from 'zod';
import {
  type FieldProblem,
  fieldProblem,
  PROBLEM_VALUES,
  type ProblemCode,
  type Refused,
} from '../accounts/problems.ts';
import {
  type ClientType,
  DEFAULT_APPLICATION_SCOPES,
  DEFAULT_LIFETIMES,
  GRANT_NAMES,
  type GrantName,
  ID_TOKEN_ALGORITHMS,
  type IdTokenAlgorithm,
} from '../protocol/application.ts';
import { type ApplicationSettings, DEFAULT_SETTINGS } from '../protocol/application-settings.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { readSettings, SETTING_FIELDS, type SettingValues } from './setting-fields.ts';
import type { SettingField } from './setting-kinds.ts';

/** An application as it is wanted. */
export interface ApplicationInput {
  readonly name: string;
  readonly type: ClientType;
  readonly grants: readonly GrantName[];
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly scopes: readonly string[];
  readonly requirePkce: boolean;
  readonly skipConsent: boolean;
  readonly idTokenAlgorithm: IdTokenAlgorithm;
  readonly codeLifetimeSeconds: number;
  readonly accessTokenLifetimeSeconds: number;
  readonly refreshTokenLifetimeSeconds: number | null;
  readonly refreshTokenIdleSeconds: number | null;
  readonly settings: ApplicationSettings;
  /** null: the superusers'. Absent: who registers it; at an update, as it is. */
  readonly ownerId?: AccountId | null;
}

/** Some fields of it, for an update: the rest stays. */
export type ApplicationChange = Partial<Omit<ApplicationInput, 'settings'>> & {
  readonly settings?: Partial<ApplicationSettings>;
};

/** django-oauth-toolkit's column holds 255. */
export const APPLICATION_NAME_CHARACTERS_MAX = 255;
/** Of each kind. Matching walks the list at every request. */
export const URIS_MAX = 50;

/** Bounds in seconds. Code: ASVS 10.4.3 allows ten minutes. The others: long enough to be of use, and no accident of typing. */
export const LIFETIME_BOUNDS = {
  code_lifetime_seconds: { minimum: 10, maximum: 600 },
  access_token_lifetime_seconds: { minimum: 60, maximum: 30 * 86_400 },
  refresh_token_lifetime_seconds: { minimum: 300, maximum: 3_650 * 86_400 },
  refresh_token_idle_seconds: { minimum: 300, maximum: 3_650 * 86_400 },
} as const;

/** The fields by their names in the form; what is absent is not spoken of. */
export interface ApplicationFields extends SettingValues {
  readonly name?: unknown;
  readonly client_type?: unknown;
  readonly grants?: unknown;
  readonly redirect_uris?: unknown;
  readonly post_logout_redirect_uris?: unknown;
  readonly allowed_origins?: unknown;
  readonly scopes?: unknown;
  readonly require_pkce?: unknown;
  readonly skip_consent?: unknown;
  readonly id_token_algorithm?: unknown;
  readonly code_lifetime_seconds?: unknown;
  readonly access_token_lifetime_seconds?: unknown;
  readonly refresh_token_lifetime_seconds?: unknown;
  readonly refresh_token_idle_seconds?: unknown;
}

/** What was read, or what is wrong with it. */
export type ParsedApplication<Value> = { readonly outcome: 'parsed'; readonly value: Value } | Refused;

/** A form as it was posted: a field that came once is text, one that came several times a list. */
export type PostedForm = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Reads the form, in which a box that is not ticked is absent and a list stands one to a line. Every field counts.
 * @param purpose at `register` an application with the grant `authorization-code` also gets `refresh-token` (design:
 *   Behaviour that others rely on); at `update` its owner may have taken it out.
 */
export function parseApplicationForm(form: PostedForm, purpose: 'register'): ParsedApplication<ApplicationInput>;
export function parseApplicationForm(form: PostedForm, purpose: 'update'): ParsedApplication<ApplicationChange>;
export function parseApplicationForm(
  form: PostedForm,
  purpose: 'register' | 'update',
): ParsedApplication<ApplicationInput> | ParsedApplication<ApplicationChange> {
  const grants = boxes(form['grants']);
  const withRefresh = purpose === 'register' && grants.includes('authorization-code');
  const parsed = parseApplicationFields({
    name: text(form['name']),
    client_type: text(form['client_type']),
    grants: withRefresh ? [...grants, 'refresh-token'] : grants,
    redirect_uris: lines(form['redirect_uris']),
    post_logout_redirect_uris: lines(form['post_logout_redirect_uris']),
    allowed_origins: lines(form['allowed_origins']),
    scopes: boxes(form['scopes']),
    require_pkce: form['require_pkce'] !== undefined,
    skip_consent: form['skip_consent'] !== undefined,
    ...present('id_token_algorithm', text(form['id_token_algorithm'])),
    ...present('code_lifetime_seconds', text(form['code_lifetime_seconds'])),
    ...present('access_token_lifetime_seconds', text(form['access_token_lifetime_seconds'])),
    ...endOrNone('refresh_token_lifetime_seconds', form),
    ...endOrNone('refresh_token_idle_seconds', form),
    ...Object.fromEntries(SETTING_FIELDS.flatMap((field) => postedSetting(field, form))),
  });
  return parsed.outcome === 'refused' || purpose === 'update' ? parsed : completeApplication(parsed.value);
}

/** Reads what was given and nothing else: for the command line, and for an update by program. */
export function parseApplicationFields(fields: ApplicationFields): ParsedApplication<ApplicationChange> {
  const parsed = SCHEMA.safeParse(fields);
  const settings = readSettings(fields);
  if (!parsed.success || settings.problems.length > 0) {
    const problems = parsed.success ? [] : problemsOf(parsed.error.issues);
    return { outcome: 'refused', problems: [...problems, ...settings.problems] };
  }
  const value = parsed.data;
  return {
    outcome: 'parsed',
    value: {
      ...optional('name', value.name),
      ...optional('type', value.client_type),
      ...optional('grants', value.grants && GRANT_NAMES.filter((name) => value.grants?.includes(name))),
      ...optional('redirectUris', value.redirect_uris && unique(value.redirect_uris)),
      ...optional('postLogoutRedirectUris', value.post_logout_redirect_uris && unique(value.post_logout_redirect_uris)),
      ...optional('allowedOrigins', value.allowed_origins && unique(value.allowed_origins)),
      ...optional('scopes', value.scopes && unique(value.scopes)),
      ...optional('requirePkce', value.require_pkce),
      ...optional('skipConsent', value.skip_consent),
      ...optional('idTokenAlgorithm', value.id_token_algorithm),
      ...optional('codeLifetimeSeconds', value.code_lifetime_seconds),
      ...optional('accessTokenLifetimeSeconds', value.access_token_lifetime_seconds),
      ...optional('refreshTokenLifetimeSeconds', value.refresh_token_lifetime_seconds),
      ...optional('refreshTokenIdleSeconds', value.refresh_token_idle_seconds),
      ...optional('settings', Object.keys(settings.change).length === 0 ? undefined : settings.change),
    },
  };
}

/** Fills in what was not given: for a new application. Name, type and grants have no default. */
export function completeApplication(change: ApplicationChange): ParsedApplication<ApplicationInput> {
  const { name, type, grants } = change;
  if (name === undefined || type === undefined || grants === undefined) {
    const problems: (FieldProblem | null)[] = [
      name === undefined ? fieldProblem('name', 'problem.required') : null,
      type === undefined ? fieldProblem('client_type', 'problem.required') : null,
      grants === undefined ? fieldProblem('grants', 'problem.grants.required') : null,
    ];
    return { outcome: 'refused', problems: problems.filter((problem) => problem !== null) };
  }
  const defaults = {
    redirectUris: [],
    postLogoutRedirectUris: [],
    allowedOrigins: [],
    scopes: DEFAULT_APPLICATION_SCOPES,
    requirePkce: false,
    skipConsent: false,
    // OpenID Connect Core §15.1: every relying party can verify RS256.
    idTokenAlgorithm: 'RS256',
    ...DEFAULT_LIFETIMES,
  } as const;
  const settings = { ...DEFAULT_SETTINGS, ...change.settings };
  return { outcome: 'parsed', value: { ...defaults, ...change, name, type, grants, settings } };
}

/** Each refusal's message is its code; what does not set one is a value of the wrong kind. */
const code = (name: ProblemCode) => ({ error: name });
const list = (max: number) =>
  z.array(z.string().trim(), code('problem.choice.unknown')).max(max, code('problem.uri.tooMany'));
const seconds = (field: keyof typeof LIFETIME_BOUNDS) => {
  const { minimum, maximum } = LIFETIME_BOUNDS[field];
  const range = code('problem.number.range');
  const number = z.number(range).int(range).min(minimum, range).max(maximum, range);
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,10}$/.test(value.trim()) ? Number(value) : value),
    number,
  );
};

const SCHEMA = z.object({
  name: z
    .string(code('problem.required'))
    .transform((name) => name.normalize('NFC').trim())
    .pipe(
      z
        .string()
        .min(1, code('problem.required'))
        .max(APPLICATION_NAME_CHARACTERS_MAX, code('problem.text.tooLong'))
        // Shown to people who decide by it: it must not turn or hide what stands beside it.
        .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, code('problem.text.controlCharacters')),
    )
    .optional(),
  client_type: z.enum(['confidential', 'public'], code('problem.choice.unknown')).optional(),
  grants: z.array(z.enum(GRANT_NAMES, code('problem.choice.unknown')), code('problem.grants.required')).optional(),
  redirect_uris: list(URIS_MAX).optional(),
  post_logout_redirect_uris: list(URIS_MAX).optional(),
  allowed_origins: list(URIS_MAX).optional(),
  scopes: z.array(z.string().trim(), code('problem.choice.unknown')).optional(),
  require_pkce: z.boolean(code('problem.choice.unknown')).optional(),
  skip_consent: z.boolean(code('problem.choice.unknown')).optional(),
  id_token_algorithm: z.enum(ID_TOKEN_ALGORITHMS, code('problem.choice.unknown')).optional(),
  code_lifetime_seconds: seconds('code_lifetime_seconds').optional(),
  access_token_lifetime_seconds: seconds('access_token_lifetime_seconds').optional(),
  refresh_token_lifetime_seconds: seconds('refresh_token_lifetime_seconds').nullable().optional(),
  refresh_token_idle_seconds: seconds('refresh_token_idle_seconds').nullable().optional(),
});

/** The first issue of each field, as a problem. */
function problemsOf(issues: readonly z.core.$ZodIssue[]): readonly FieldProblem[] {
  const problems = new Map<string, FieldProblem>();
  for (const { path, message } of issues) {
    const field = String(path[0] ?? '');
    if (problems.has(field)) continue;
    const known: ProblemCode = message in PROBLEM_VALUES ? (message as ProblemCode) : 'problem.choice.unknown';
    problems.set(field, fieldProblem(field, known, valuesOf(field, known)));
  }
  return [...problems.values()];
}

function valuesOf(field: string, problem: ProblemCode): Readonly<Record<string, number>> | undefined {
  if (problem === 'problem.text.tooLong') return { maximum: APPLICATION_NAME_CHARACTERS_MAX };
  if (problem === 'problem.uri.tooMany') return { maximum: URIS_MAX };
  if (problem === 'problem.number.range') return LIFETIME_BOUNDS[field as keyof typeof LIFETIME_BOUNDS];
  return undefined;
}

type Posted = PostedForm[string];

function text(posted: Posted): string {
  return typeof posted === 'string' ? posted : (posted?.[0] ?? '');
}

function boxes(posted: Posted): readonly string[] {
  return typeof posted === 'string' ? [posted] : (posted ?? []);
}

function lines(posted: Posted): readonly string[] {
  return boxes(posted)
    .flatMap((value) => value.split(/\s+/))
    .filter((line) => line !== '');
}

/** An empty field of those that have a default is one that was left alone. */
function present<Name extends string>(name: Name, value: string) {
  return value.trim() === '' ? {} : { [name]: value };
}

/** A field that is there and empty means no end; one that is not there, that the form did not offer it. */
function endOrNone(name: 'refresh_token_lifetime_seconds' | 'refresh_token_idle_seconds', form: PostedForm) {
  if (form[name] === undefined) return {};
  const value = text(form[name]);
  return { [name]: value.trim() === '' ? null : value };
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined) {
  return (value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: Value };
}

/** A box that is not ticked is absent; so is a whole part that a form does not offer, whose boxes are off unless ticked. */
function postedSetting({ name, kind }: SettingField, form: PostedForm): [string, unknown][] {
  if (kind === 'switch') return [[name, form[name] !== undefined]];
  // The form says with an empty value that it has the boxes, should none be ticked.
  if (kind === 'boxes')
    return form[name] === undefined ? [] : [[name, boxes(form[name]).filter((value) => value !== '')]];
  if (form[name] === undefined) return [];
  return [[name, kind === 'lines' ? lines(form[name]) : text(form[name]).trim()]];
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
