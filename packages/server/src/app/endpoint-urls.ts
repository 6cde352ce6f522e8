/** The addresses that a developer copies, as `protocol/metadata.ts` publishes them. */
export function endpointUrls(base: string) {
  return {
    issuer: `${base}/o`,
    discovery: `${base}/o/.well-known/openid-configuration`,
    authorization: `${base}/o/authorize/`,
    token: `${base}/o/token/`,
    deviceAuthorization: `${base}/o/device-authorization/`,
    userinfo: `${base}/o/userinfo/`,
    profile: `${base}/profile/`,
    revocation: `${base}/o/revoke_token/`,
    introspection: `${base}/o/introspect/`,
    endSession: `${base}/o/logout/`,
  };
}
