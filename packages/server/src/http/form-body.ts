/**
 * The body of a person's form, read once and strictly: what a browser sends, or nothing.
 *
 * Owns what is wrong with a form whatever its fields mean. Octets that are not UTF-8 would make two passwords alike, a
 * repeated field is read differently by different readers (CVE-2026-9689), and PostgreSQL stores no NUL: no browser sends any
 * of them from a page of ours. What applications post is read by `protocol/parameters.ts`, which is as strict.
 */

/** A form, or why it is none. */
export type FormRead =
  | { readonly outcome: 'read'; readonly form: URLSearchParams }
  | { readonly outcome: 'refused'; readonly fault: FormFault };

/** What can be wrong. */
export type FormFault = 'media_type' | 'encoding' | 'nul' | 'repeated' | 'too_many';

/** An application with every box ticked has some 30. */
const FIELDS_MAX = 200;
/** Boxes that are ticked together, of the application form. */
const REPEATABLE: readonly string[] = ['grants', 'scopes', 'response_modes', 'authorization_details_types'];

/** Reads a body. An empty one is an empty form, whatever type it claims. */
export function readForm(body: string, contentType: string | undefined): FormRead {
  if (body === '') return { outcome: 'read', form: new URLSearchParams() };
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return refused('media_type');
  // The body is text already: octets that were not UTF-8 have become this mark, which a browser would send encoded.
  if (body.includes('\ufffd') || !decodes(body)) return refused('encoding');
  const form = new URLSearchParams(body);
  const names = [...form.keys()];
  if (names.length > FIELDS_MAX) return refused('too_many');
  if ([...form].some((pair) => pair.join('').includes('\0'))) return refused('nul');
  const once = names.filter((name) => !REPEATABLE.includes(name));
  return new Set(once).size === once.length ? { outcome: 'read', form } : refused('repeated');
}

/** URL Standard, application/x-www-form-urlencoded: `URLSearchParams` itself takes anything for something. */
function decodes(body: string): boolean {
  try {
    decodeURIComponent(body);
    return true;
  } catch {
    return false;
  }
}

function refused(fault: FormFault): FormRead {
  return { outcome: 'refused', fault };
}
