/**
 * A person's form with a file in it (`multipart/form-data`, RFC 7578), read whole and strictly, at the addresses that take one alone.
 *
 * Owns the limits of such a body and what is wrong with it. The format is parsed by the platform; what the file is, is for whoever
 * takes it to judge. Nobody who is not signed in makes the server hold one.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type FormFault, type FormRead, readForm } from './form-body.ts';

/** A file of 5 MiB with what stands around it. */
const BODY_BYTES_MAX = 5 * 1_048_576 + 16_384;
/** The token, the file, and some room. */
const PARTS_MAX = 4;
const FIELD_CHARACTERS_MAX = 1_024;

/** A form that came with at most one file. */
export class UploadedForm {
  readonly read: FormRead;
  readonly file: Buffer | null;

  constructor(read: FormRead, file: Buffer | null) {
    this.read = read;
    this.file = file;
  }
}

/** In the query of the page that says so beside the field. */
export const TOO_LARGE = 'too-large';

/**
 * Lets the routes of `scope` take such bodies. Somebody who is not signed in is led to sign in, and a body that is too large to the
 * page that says so, before it is read. It is thrown away rather than its connection: a browser that is cut off while it sends says
 * nothing of the answer.
 */
export function acceptUploads(
  scope: FastifyInstance,
  { isSignedIn }: { readonly isSignedIn: (request: FastifyRequest) => Promise<boolean> },
): void {
  const leadTo = (reply: FastifyReply, location: string) =>
    reply.code(303).headers({ location, 'cache-control': 'no-store' }).send();
  const sayTooLarge = (request: FastifyRequest, reply: FastifyReply) =>
    leadTo(reply, `${request.url.split('?', 1)[0]}?${TOO_LARGE}`);
  scope.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'POST') return;
    if (!(await isSignedIn(request))) return leadTo(reply, `/login/?next=${encodeURIComponent(request.url)}`);
    if (Number(request.headers['content-length'] ?? 0) <= BODY_BYTES_MAX) return;
    return sayTooLarge(request, reply);
  });
  // One whose length was not told, as some proxies send it on, shows only as it arrives. The rest is thrown away, within the time
  // that a request may take.
  scope.setErrorHandler((error: FastifyError, request, reply) => {
    if (error.statusCode !== 413) throw error;
    request.raw.resume();
    return sayTooLarge(request, reply);
  });
  scope.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX },
    (request: FastifyRequest, body: Buffer) => readUpload(body, request.headers['content-type'] ?? ''),
  );
}

/** Reads a body of this type. */
export async function readUpload(body: Buffer, contentType: string): Promise<UploadedForm> {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return refused('media_type');
  // One more than parts, for the end. Counted first, so that a body of nothing but boundaries costs nothing.
  if (occursMoreThan(body, `--${boundary}`, PARTS_MAX + 1)) return refused('too_many');
  const parts = await partsOf(body, contentType);
  if (parts === null) return refused('encoding');
  const fields = new URLSearchParams();
  const files: File[] = [];
  for (const [name, value] of parts) {
    if (typeof value !== 'string') files.push(value);
    else if (value.length > FIELD_CHARACTERS_MAX) return refused('too_many');
    else fields.append(name, value);
  }
  const [file, second] = files;
  if (second !== undefined) return refused('repeated');
  const read = readForm(fields.toString(), 'application/x-www-form-urlencoded');
  return new UploadedForm(read, file === undefined ? null : Buffer.from(await file.arrayBuffer()));
}

function occursMoreThan(body: Buffer, sought: string, most: number): boolean {
  let at = -1;
  for (let seen = 0; seen <= most; seen += 1) {
    at = body.indexOf(sought, at + 1, 'latin1');
    if (at === -1) return false;
  }
  return true;
}

async function partsOf(body: Buffer, contentType: string) {
  try {
    return [...(await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData())];
  } catch {
    return null;
  }
}

function refused(fault: FormFault): UploadedForm {
  return new UploadedForm({ outcome: 'refused', fault }, null);
}
