/**
 * What a browser answers with, before anything of it is checked by key: its shape, its bounds, and two things that are refused whatever the
 * signature says.
 *
 * Owns reading it. The checks of WebAuthn are `passkey-ceremonies.ts`.
 */
import { decodeAttestationObject, decodeClientDataJSON } from '@simplewebauthn/server/helpers';
import { z } from 'zod';

/** The longest are RSA signatures of 2 KiB and registrations with three keys of extensions. */
const CREDENTIAL_CHARACTERS_MAX = 16_000;

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);
const shared = { id: base64url.max(1_400), rawId: base64url.max(1_400), type: z.literal('public-key') };
/** `RegistrationResponseJSON`, as far as it is looked at. */
export const registrationSchema = z.object({
  ...shared,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    transports: z.array(z.string()).max(16).default([]),
  }),
});
/** `AuthenticationResponseJSON`, likewise. */
export const assertionSchema = z.object({
  ...shared,
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: base64url.nullish().transform((handle) => handle ?? undefined),
  }),
});

/** `AuthenticatorTransport`, and two that older browsers say. */
export const TRANSPORTS: ReadonlySet<string> = new Set([
  'ble',
  'cable',
  'hybrid',
  'internal',
  'nfc',
  'smart-card',
  'usb',
]);

/** What the browser's text says; null: it is nothing of the kind. */
export function parseCredential<Parsed>(schema: z.ZodType<Parsed>, text: string): Parsed | null {
  if (text.length > CREDENTIAL_CHARACTERS_MAX) return null;
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Our pages are in nobody's frames (§7.1 step 10, §7.2 step 12). */
export function isCrossOrigin(clientDataJSON: string): boolean {
  return decodeClientDataJSON(clientDataJSON).crossOrigin === true;
}

/** Of one that nobody asked for, a browser leaves at most the credential's own signature (§5.1.3). */
export function hasCertificates(attestationObject: string): boolean {
  const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')));
  const format = decoded.get('fmt');
  return format !== 'none' && (format !== 'packed' || decoded.get('attStmt').get('x5c') !== undefined);
}
