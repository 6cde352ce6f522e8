/** The resources that this server protects itself. Owns the list; their documents are `protected-resource.ts`. */

/** Each resource by its path without the slash at its end, with the scopes that open it and how it takes a token. */
export const PROTECTED_RESOURCES = {
  '/profile': { name: 'Profile', scopes: ['profile', 'read', 'email'], methods: ['header'] },
  '/o/userinfo': { name: 'Userinfo', scopes: ['openid', 'profile', 'email'], methods: ['header', 'body'] },
} as const;
/** Path of one of them. */
export type ProtectedResourcePath = keyof typeof PROTECTED_RESOURCES;
