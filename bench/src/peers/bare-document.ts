/** What the bare servers answer: of a discovery document's form and size. Owns that one value. */

/** OpenID Connect Discovery §3, about as long as the servers' own. */
export const DOCUMENT = {
  issuer: 'http://localhost/o',
  ...Object.fromEntries(
    Array.from({ length: 24 }, (_, index) => [
      `member_supported_${index}`,
      ['first_value', 'second_value', 'third_value'],
    ]),
  ),
};
