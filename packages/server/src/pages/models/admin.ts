/** Models of the pages for superusers. Owns the types. */
import type { FormState, Notice } from './context.ts';

/** `/admin/groups/`. Posts `name` and `csrf` there. */
export interface GroupsPage {
  readonly page: 'groups';
  readonly form: FormState<'name'>;
  readonly groups: readonly {
    readonly id: string;
    readonly name: string;
    readonly memberCount: number;
    readonly createdAtMs: number;
  }[];
  readonly notice: Notice | null;
}

/** `/admin/groups/:id/`. Posts `user` to add somebody, or `remove` with an id; a GET with `search` looks for members. */
export interface GroupPage {
  readonly page: 'group';
  readonly id: string;
  readonly name: string;
  readonly memberCount: number;
  /** Posts `second_factor`, `required` or `optional`. */
  readonly requiresSecondFactor: boolean;
  readonly form: FormState<'user'>;
  /** What members were looked for; empty: all. */
  readonly search: string;
  readonly members: readonly {
    readonly id: string;
    readonly username: string;
    /** First and last name; empty: none. */
    readonly fullName: string;
    readonly addedAtMs: number;
  }[];
  /** Of the members after these; null: there are none. */
  readonly moreUrl: string | null;
  readonly notice: Notice | null;
}

/** One invitation in the list. */
export interface InvitationLine {
  readonly id: string;
  readonly address: string;
  readonly state: 'open' | 'accepted' | 'expired' | 'revoked';
  /** Names. */
  readonly groups: readonly string[];
  readonly isSuperuser: boolean;
  /** Username; null: the operator. */
  readonly invitedBy: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** `/admin/invitations/`. Posts `email`, `groups` (repeated), `days`, `language`, `superuser` and `csrf` there; or `revoke` with an id. */
export interface InvitationsPage {
  readonly page: 'invitations';
  readonly form: FormState<'email' | 'groups' | 'days' | 'language' | 'superuser'>;
  /** Every group there is. */
  readonly groups: readonly { readonly name: string; readonly isChosen: boolean }[];
  readonly daysMax: number;
  /** False: the link is shown instead of being mailed. */
  readonly hasMail: boolean;
  readonly invitations: readonly InvitationLine[];
  /** What was just made, where its link was not mailed. */
  readonly made: { readonly address: string; readonly link: string } | null;
  readonly notice: Notice | null;
}
