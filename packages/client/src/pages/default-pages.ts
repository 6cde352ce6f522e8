/**
 * The library's own pages, each of which an application may replace.
 */
import { profilePage, signInPage, signOutPage, signUpPage } from './account-pages.tsx';
import {
  adminIndexPage,
  adminSignInPage,
  socialAppDeletePage,
  socialAppFormPage,
  socialAppListPage,
} from './admin-pages.tsx';
import { connectionsPage } from './connections-page.tsx';
import { failurePage, onwardPage, socialSignUpPage } from './sign-in-pages.tsx';
import type { Pages } from './views.ts';

/** Every page. */
export const defaultPages: Pages = {
  profile: profilePage,
  signIn: signInPage,
  signUp: signUpPage,
  signOut: signOutPage,
  connections: connectionsPage,
  socialSignUp: socialSignUpPage,
  failure: failurePage,
  onward: onwardPage,
  adminSignIn: adminSignInPage,
  adminIndex: adminIndexPage,
  socialAppList: socialAppListPage,
  socialAppForm: socialAppFormPage,
  socialAppDelete: socialAppDeletePage,
};
