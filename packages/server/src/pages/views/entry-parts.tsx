/** What sign-in, sign-up and their neighbours share: the application that one comes from, and the way on afterwards. */
import type { VNode } from 'preact';
import type { Ui } from '../kit/ui.ts';
import type { ApplicationName } from '../models/context.ts';

/** "to continue to NAME", with its host, in text: never a button or a link. */
export function ForApplication(props: {
  readonly ui: Ui;
  readonly message: 'signIn.for' | 'signUp.for';
  readonly application: ApplicationName;
}): VNode {
  const { ui, message, application } = props;
  return (
    <>
      {ui.sayRich(message, { application: <bdi class="named">{application.name}</bdi> })}
      {application.host !== null && <span class="host">{application.host}</span>}
    </>
  );
}

/** `path` with `next` in its query, where there is one. */
export function withNext(path: string, next: string | null): string {
  return next === null ? path : `${path}?next=${encodeURIComponent(next)}`;
}
