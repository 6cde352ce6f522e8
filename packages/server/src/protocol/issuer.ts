/** The issuer identifier and the base URL, each from the other. Owns that the one is the other with `/o` (RFC 8414 §2). */

/** The issuer of a server at this base URL: as django-oauth-toolkit's, under `/o`. */
export function issuerOf(baseUrl: string): string {
  return `${baseUrl}/o`;
}

/** The base URL of a server with this issuer. */
export function baseUrlOf(issuer: string): string {
  return issuer.slice(0, -'/o'.length);
}
