/**
 * Forms: reading a posted body, once, within limits.
 *
 * Owns the media type, the size and the rule that no field comes twice (CVE-2026-9689: two readers of one request must not
 * read different values). Whether the form may be acted upon is decided in `cross-site.ts`.
 */

const BODY_BYTES_MAX = 64 * 1024;
const VALUE_LENGTH_MAX = 4_096;

/** A posted form. */
export interface Form {
  /** The field's value, empty when it was not sent. */
  value(name: string): string;
  /** All of them, by their names. */
  readonly fields: ReadonlyMap<string, string>;
}

/** Why a body is not read as a form. */
export type FormProblem = 'form_too_large' | 'form_media_type' | 'form_repeated_field';

/** Reads `application/x-www-form-urlencoded`. */
export async function readForm(request: Request): Promise<Form | FormProblem> {
  const mediaType = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/x-www-form-urlencoded') return 'form_media_type';
  const body = await readText(request);
  if (body === null) return 'form_too_large';
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body)) {
    if (fields.has(name)) return 'form_repeated_field';
    if (value.length > VALUE_LENGTH_MAX) return 'form_too_large';
    fields.set(name, value);
  }
  return { value: (name) => fields.get(name) ?? '', fields };
}

async function readText(request: Request): Promise<string | null> {
  if (request.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
