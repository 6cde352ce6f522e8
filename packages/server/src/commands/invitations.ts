/** `diapason invitation …`. Owns output and the words of refusals; the rules are `admin/invitations.ts`. */
import * as admin from '../admin/invitations.ts';
import { done, json, type Outcome, refused } from './outcome.ts';
import { refusedFor } from './problems.ts';
import { instant, isoInstant, table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { withWorkbench } from './workbench.ts';

/** Options of `invitation create`. */
export interface CreateInvitationOptions {
  readonly email: string;
  readonly group?: readonly string[];
  readonly superuser?: true;
  readonly days?: number;
  readonly language?: string;
  readonly json?: true;
}

interface Json {
  readonly json?: true;
}

/** `invitation create`: the link goes by mail, or is printed. */
export async function createInvitation(options: CreateInvitationOptions, terminal: Terminal): Promise<Outcome> {
  return withInvitations(terminal, async (deps) => {
    const input = {
      email: options.email,
      groups: options.group ?? [],
      isSuperuser: options.superuser === true,
      days: options.days ?? admin.INVITATION_DAYS,
      language: options.language ?? null,
    };
    const result = await admin.createInvitation(input, null, deps);
    if (result.outcome === 'refused') return refusedFor(result);
    const { id, address, expiresAtMs, link } = result.invitation;
    if (options.json) return json({ id, email: address, link, expires_at: isoInstant(expiresAtMs) });
    return done(link ?? `The invitation for ${address} is on its way.`);
  });
}

/** `invitation list`. */
export async function listInvitations(options: Json, terminal: Terminal): Promise<Outcome> {
  return withInvitations(terminal, async (deps) => {
    const listed = await admin.listInvitations(deps);
    if (options.json) return json(listed.map(invitationJson));
    const rows = listed.map((invitation) => [
      invitation.id,
      invitation.address,
      invitation.state,
      invitation.isSuperuser ? 'superuser' : '-',
      invitation.groups.join(', ') || '-',
      invitation.invitedBy ?? 'operator',
      instant(invitation.expiresAtMs),
    ]);
    const columns = ['ID', 'EMAIL', 'STATE', 'ROLE', 'GROUPS', 'BY', 'EXPIRES'];
    return done(table(columns, rows, 'No invitations.'));
  });
}

/** `invitation revoke`. */
export async function revokeInvitation(name: string, terminal: Terminal): Promise<Outcome> {
  return withInvitations(terminal, async (deps) => {
    const sought = name.trim().toLowerCase();
    const open = (await admin.listInvitations(deps)).filter(({ state }) => state === 'open');
    const found = open.find(({ id, address }) => id === name || address.toLowerCase() === sought);
    const outcome = found === undefined ? 'not_open' : (await admin.revokeInvitation(found.id, deps)).outcome;
    return found === undefined || outcome === 'not_open'
      ? refused(`No open invitation has the id or address ${JSON.stringify(name)}. See: diapason invitation list`)
      : done(`The invitation for ${found.address} is taken back.`);
  });
}

async function withInvitations(
  terminal: Terminal,
  work: (deps: admin.InvitationDeps) => Promise<Outcome>,
): Promise<Outcome> {
  return withWorkbench(
    terminal,
    async ({ storage: { groups }, administration: { invitations }, telling }, { url, brand }) =>
      work({ ...telling, invitations, groups, baseUrl: url, brandName: brand.name }),
  );
}

function invitationJson(invitation: admin.ListedInvitation) {
  return {
    id: invitation.id,
    email: invitation.address,
    state: invitation.state,
    groups: invitation.groups,
    superuser: invitation.isSuperuser,
    invited_by: invitation.invitedBy,
    created_at: isoInstant(invitation.createdAtMs),
    expires_at: isoInstant(invitation.expiresAtMs),
  };
}
