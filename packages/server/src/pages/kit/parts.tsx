/**
 * Small parts that several pages share: heads, notices, instants, values to copy, tables, links that look like buttons.
 *
 * Owns their markup alone; what they say comes from the pages.
 */
import type { ComponentChildren, VNode } from 'preact';
import type { Notice } from '../models/context.ts';
import { Icon } from './marks.tsx';
import { agoWords, dateWords, exactWords, timeWords, type Ui } from './ui.ts';

/** The page's one `h1`, with a line below it and, on the account pages, its actions beside it. */
export function Heading(props: {
  readonly title: ComponentChildren;
  readonly lead?: ComponentChildren;
  readonly actions?: ComponentChildren;
}): VNode {
  return (
    <div class="heading">
      <div class="heading-text">
        <h1>{props.title}</h1>
        {props.lead !== undefined && <p class="lead">{props.lead}</p>}
      </div>
      {props.actions !== undefined && <div class="heading-actions">{props.actions}</div>}
    </div>
  );
}

/** What was just done. A live region, so that it is heard without moving the focus (WCAG 4.1.3). */
export function NoticeLine({ ui, notice }: { readonly ui: Ui; readonly notice: Notice | null }): VNode | null {
  if (notice === null) return null;
  const isDone = !NOT_DONE.has(notice);
  return (
    <p class={isDone ? 'notice' : 'warning'} role="status">
      <Icon name={isDone ? 'check' : 'alert'} />
      <span>{ui.say(`notice.${notice}`)}</span>
    </p>
  );
}

/** What says that something was not done, or is still to do: a tick beside it would say the opposite. */
const NOT_DONE: ReadonlySet<Notice> = new Set<Notice>([
  'typed-kept',
  'link-first',
  'identity-last',
  'secret-not-added',
  'secret-not-removed',
  'secret-added-before',
  'application-registered-before',
  'invitation-not-revoked',
  'member-there',
]);

/** A link back to where this page hangs. */
export function BackLink({ href, children }: { readonly href: string; readonly children: ComponentChildren }): VNode {
  return (
    <a class="back" href={href}>
      <Icon name="back" />
      <span>{children}</span>
    </a>
  );
}

const MOMENTS = { ago: agoWords, date: dateWords, time: timeWords, exact: exactWords } as const;

/** An instant: "5 minutes ago", a date, a date with the time of day, or that to the second, with the machine's form beside it. */
export function Moment(props: { readonly ui: Ui; readonly atMs: number; readonly as: keyof typeof MOMENTS }): VNode {
  return <time dateTime={new Date(props.atMs).toISOString()}>{MOMENTS[props.as](props.ui, props.atMs)}</time>;
}

/** A value to copy. Without script one click selects it whole; with it there is a button. */
export function CopyBox({
  ui,
  value,
  label,
  id,
}: {
  readonly ui: Ui;
  readonly value: string;
  readonly label: string;
  /** Of the element that holds the value and nothing else. */
  readonly id: string;
}): VNode {
  return (
    <span class="copy" data-copy={ui.say('shell.copy')} data-copied={ui.say('shell.copied')} data-label={label}>
      <code id={id}>{value}</code>
    </span>
  );
}

/** Names and values. */
export function Facts(props: { readonly class?: string; readonly children: ComponentChildren }): VNode {
  return <dl class={props.class === undefined ? 'facts' : `facts ${props.class}`}>{props.children}</dl>;
}

/** One name with its value. */
export function Fact(props: { readonly name: ComponentChildren; readonly children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

/** A part of a page under its own `h2`. */
export function Section(props: {
  readonly title: string;
  readonly lead?: ComponentChildren;
  readonly children: ComponentChildren;
}): VNode {
  return (
    <section class="section">
      <h2>{props.title}</h2>
      {props.lead !== undefined && <p class="section-lead">{props.lead}</p>}
      {props.children}
    </section>
  );
}

/** Nothing is there yet: says so, and what to do. */
export function EmptyState(props: {
  readonly title: string;
  readonly text: string;
  readonly children?: ComponentChildren;
}): VNode {
  return (
    <div class="empty">
      <p class="empty-title">{props.title}</p>
      <p>{props.text}</p>
      {props.children}
    </div>
  );
}

/**
 * A table that becomes a list of cards on a phone. The explicit roles keep it a table for screen readers when CSS lays it
 * out as blocks; the cells carry their column's name for the eye.
 */
export function Table(props: {
  readonly label: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly key: string; readonly cells: readonly ComponentChildren[] }[];
}): VNode {
  return (
    // biome-ignore lint/a11y/noRedundantRoles: see above.
    <table class="table" role="table" aria-label={props.label}>
      {/* biome-ignore lint/a11y/noRedundantRoles: see above. */}
      <thead role="rowgroup">
        {/* biome-ignore lint/a11y/noRedundantRoles: see above. */}
        <tr role="row">
          {props.columns.map((column) => (
            // biome-ignore lint/a11y/noRedundantRoles: see above.
            <th key={column} role="columnheader" scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      {/* biome-ignore lint/a11y/noRedundantRoles: see above. */}
      <tbody role="rowgroup">
        {props.rows.map(({ key, cells }) => (
          // biome-ignore lint/a11y/noRedundantRoles: see above.
          <tr key={key} role="row">
            {cells.map((cell, index) => (
              // biome-ignore lint/a11y/noRedundantRoles: see above.
              <td key={props.columns[index]} role="cell" data-column={props.columns[index]}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
