/**
 * Signing in with another device (RFC 8628): for programs without a browser, such as on a server or a television.
 *
 * Owns the order of the steps. The intervals, `slow_down` included, are kept by openid-client.
 */
import * as openid from 'openid-client';
import { newDpopKey } from '../protocol/dpop-key.ts';
import { connect, ProgramError, type ProgramOptions } from './program-client.ts';
import { dpopOptions, protocolStep, type TokenSet, tokenSetOf } from './token-set.ts';

/** What the person has to see. */
export interface DevicePrompt {
  /** To be typed on another device: short. */
  readonly verificationUri: string;
  /** The same with the code in it, for a QR code; null where the server has none. */
  readonly verificationUriComplete: string | null;
  readonly userCode: string;
  readonly expiresAtMs: number;
}

/** How a device signs in. */
export interface DeviceLoginOptions extends ProgramOptions {
  /** Default `openid profile`. */
  readonly scope?: string;
  /** RFC 8707: which API the token is for. */
  readonly resource?: string;
  /** Shows the address and the code. */
  readonly show: (prompt: DevicePrompt) => void | Promise<void>;
  /** Gives up. */
  readonly signal?: AbortSignal;
}

/**
 * Shows a code, and waits until the person has typed it somewhere else and agreed.
 * @throws ProgramError `access_denied`, `expired`, `aborted`, `client_refused`, `server_unsuitable`, `server_unreachable`, …
 */
export async function deviceLogin(options: DeviceLoginOptions): Promise<TokenSet> {
  const now = options.now ?? Date.now;
  const configuration = await connect(options);
  if (configuration.serverMetadata().device_authorization_endpoint === undefined) {
    throw new ProgramError('server_unsuitable', 'the server has no device_authorization_endpoint');
  }
  const dpopKey = options.dpop === true ? newDpopKey() : null;
  return protocolStep(async () => {
    const device = await openid.initiateDeviceAuthorization(configuration, {
      scope: options.scope ?? 'openid profile',
      ...(options.resource === undefined ? {} : { resource: options.resource }),
    });
    await options.show({
      verificationUri: device.verification_uri,
      verificationUriComplete: device.verification_uri_complete ?? null,
      userCode: device.user_code,
      expiresAtMs: now() + device.expires_in * 1000,
    });
    const { signal } = options;
    try {
      const answer = await openid.pollDeviceAuthorizationGrant(configuration, device, undefined, {
        ...(await dpopOptions(configuration, dpopKey)),
        ...(signal === undefined ? {} : { signal }),
      });
      return tokenSetOf(answer, configuration, now(), { dpopKey });
    } catch (error) {
      if (signal?.aborted) throw new ProgramError('aborted', 'given up', { cause: error });
      throw error;
    }
  });
}
