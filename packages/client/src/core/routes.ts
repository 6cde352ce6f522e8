/**
 * Which path is answered by which flow.
 *
 * Owns the table. Paths answer with and without their trailing slash, without a redirect that would lose a posted form.
 */
import { receiveLogout } from '../flows/back-channel-logout.ts';
import { endSession, showSession } from '../flows/browser-session.ts';
import { showConnections, unlink } from '../flows/connections.ts';
import { receiveFormPost } from '../flows/form-post-response.ts';
import { chooseLanguage, showProfile } from '../flows/profile.ts';
import { adminSignIn, showAdminSignIn, showSignIn, signIn } from '../flows/sign-in.ts';
import { showSignOut, signOut } from '../flows/sign-out.ts';
import { showSignUp, signUp } from '../flows/sign-up.ts';
import {
  addSocialApp,
  changeSocialApp,
  deleteSocialApp,
  listSocialApps,
  showAddSocialApp,
  showAdmin,
  showChangeSocialApp,
  showDeleteSocialApp,
} from '../flows/social-apps.ts';
import { finishSocialSignIn, startLinking, startSocialSignIn } from '../flows/social-sign-in.ts';
import { showSocialSignUp, socialSignUp } from '../flows/social-sign-up.ts';
import type { Provider } from '../providers/provider.ts';
import type { Form } from '../web/forms.ts';
import { failure } from './failure.ts';
import type { Kit } from './kit.ts';
import type { Settings } from './options.ts';
import { redirectTo, renderFailure } from './render.ts';
import type { PostedForm, Visit } from './visit.ts';

/** What answers a path. */
export interface Route {
  readonly get: (visit: Visit, kit: Kit) => Promise<Response>;
  /** Left out: the path takes no form. */
  readonly post?: (visit: Visit, form: PostedForm, kit: Kit) => Promise<Response>;
  /** For code in the browser, which sends no form: the request proved that a page of ours sent it. */
  readonly delete?: (visit: Visit, kit: Kit) => Promise<Response>;
  /** The path takes a form of another site, and nothing in it is believed. */
  readonly postFromElsewhere?: (visit: Visit, form: Form, kit: Kit) => Promise<Response>;
}

/** The path without its trailing slash. */
export function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** The route of a path without its trailing slash, null when the path is not the library's. */
export function findRoute(path: string, settings: Pick<Settings, 'paths' | 'providers'>): Route | null {
  const { accounts, admin } = settings.paths;
  if (path === accounts) return { get: async (_visit, kit) => redirectTo(`${accounts}/profile`, kit, { status: 302 }) };
  if (path.startsWith(`${accounts}/`)) return accountRoute(path.slice(accounts.length + 1), settings);
  if (admin !== null && (path === admin || path.startsWith(`${admin}/`)))
    return adminRoute(path.slice(admin.length + 1));
  return null;
}

const accountRoutes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['profile', { get: showProfile }],
  ['login', { get: showSignIn, post: signIn }],
  ['signup', { get: showSignUp, post: signUp }],
  ['logout', { get: showSignOut, post: signOut }],
  ['connections', { get: showConnections, post: unlink }],
  ['social/signup', { get: showSocialSignUp, post: socialSignUp }],
  ['session', { get: showSession, delete: endSession }],
  ['language', { get: chooseLanguage }],
]);

function accountRoute(path: string, settings: Pick<Settings, 'providers'>): Route | null {
  const fixed = accountRoutes.get(path);
  if (fixed !== undefined) return fixed;
  const match = /^([^/]+)\/login(\/callback)?$/.exec(path);
  if (match === null) return backChannelRoute(path, settings);
  const provider = settings.providers.get(match[1] ?? '');
  if (provider === undefined) return { get: unknownProvider };
  return match[2] === undefined ? startRoute(provider) : callbackRoute(provider);
}

function startRoute(provider: Provider): Route {
  return {
    get: (visit, kit) => startSocialSignIn(visit, kit, provider),
    post: (visit, form, kit) => startLinking(visit, form, kit, provider),
  };
}

function callbackRoute(provider: Provider): Route {
  const get: Route['get'] = (visit, kit) => finishSocialSignIn(visit, kit, provider);
  if (provider.responseMode === 'query') return { get };
  return { get, postFromElsewhere: (visit, form, kit) => receiveFormPost(visit, form, kit, provider) };
}

/** What a provider calls, and no browser. */
function backChannelRoute(path: string, settings: Pick<Settings, 'providers'>): Route | null {
  const id = /^([^/]+)\/logout\/backchannel$/.exec(path)?.[1];
  const provider = id === undefined ? undefined : settings.providers.get(id);
  if (provider?.protocol !== 'oidc') return null;
  return {
    get: async (visit, kit) => {
      const refused = failure('method_not_allowed', `GET ${visit.path}`);
      return renderFailure(visit, kit, refused, { headers: { allow: 'POST' } });
    },
    postFromElsewhere: (visit, form, kit) => receiveLogout(visit, form, kit, provider),
  };
}

async function unknownProvider(visit: Visit, kit: Kit): Promise<Response> {
  return renderFailure(visit, kit, failure('provider_unknown', 'no provider of that id is configured'));
}

const adminRoutes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['', { get: showAdmin }],
  ['login', { get: showAdminSignIn, post: adminSignIn }],
  ['socialaccount', { get: listSocialApps }],
  ['socialaccount/socialapp', { get: listSocialApps }],
  ['socialaccount/socialapp/add', { get: showAddSocialApp, post: addSocialApp }],
]);

function adminRoute(path: string): Route | null {
  const fixed = adminRoutes.get(path);
  if (fixed !== undefined) return fixed;
  const match = /^socialaccount\/socialapp\/([A-Za-z0-9_-]{22})(\/change|\/delete)?$/.exec(path);
  const id = match?.[1];
  if (id === undefined) return null;
  if (match?.[2] === '/delete') {
    return {
      get: (visit, kit) => showDeleteSocialApp(visit, kit, id),
      post: (visit, form, kit) => deleteSocialApp(visit, form, kit, id),
    };
  }
  return {
    get: (visit, kit) => showChangeSocialApp(visit, kit, id),
    post: (visit, form, kit) => changeSocialApp(visit, form, kit, id),
  };
}
