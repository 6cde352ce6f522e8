/**
 * What was asked beside what is registered, with the part marked that differs.
 *
 * Owns the comparison for the eye. Whether the two match is the protocol's to say, and it has said no.
 */
import type { FlowComparison } from './ports/flow-trace.ts';

/** A part of a text. */
export interface Piece {
  readonly text: string;
  readonly differs: boolean;
}

/** Both sides in pieces. */
export interface Difference {
  readonly parameter: string;
  /** null: it was not sent, or not seen. */
  readonly asked: readonly Piece[] | null;
  /** The nearest first; that one alone is marked. */
  readonly registered: readonly (readonly Piece[])[];
  /** As many more are registered. */
  readonly more: number;
}

/** So many registered ones are shown. */
const SHOWN_MAX = 5;

/** Marks what differs. A text differs in one stretch, from where the two part to where they meet again; words one by one. */
export function differenceOf({ parameter, asked, registered, kind }: FlowComparison): Difference {
  if (kind === 'words') return wordsApart(parameter, asked, registered);
  if (asked === null) return { parameter, asked: null, ...shown(registered.map(whole)) };
  const nearest = registered.toSorted((left, right) => alike(asked, right) - alike(asked, left));
  const [first, ...others] = nearest;
  if (first === undefined) return { parameter, asked: whole(asked), registered: [], more: 0 };
  return {
    parameter,
    asked: apart(asked, first),
    ...shown([apart(first, asked), ...others.map(whole)]),
  };
}

function shown(registered: readonly (readonly Piece[])[]): Pick<Difference, 'registered' | 'more'> {
  return { registered: registered.slice(0, SHOWN_MAX), more: Math.max(0, registered.length - SHOWN_MAX) };
}

function wordsApart(parameter: string, asked: string | null, registered: readonly string[]): Difference {
  const words = asked?.split(' ').filter((word) => word !== '') ?? [];
  const pieces = words.flatMap((word, index) => [
    ...(index === 0 ? [] : [{ text: ' ', differs: false }]),
    { text: word, differs: !registered.includes(word) },
  ]);
  return {
    parameter,
    asked: asked === null ? null : pieces,
    registered: registered.length === 0 ? [] : [whole(registered.join(' '))],
    more: 0,
  };
}

function whole(text: string): readonly Piece[] {
  return [{ text, differs: false }];
}

/** `text` with the stretch marked in which it is not `other`; the stretch may be empty, where the other has more. */
function apart(text: string, other: string): readonly Piece[] {
  if (text === other) return whole(text);
  const { head, tail } = commonEnds(text, other);
  return [
    { text: text.slice(0, head), differs: false },
    { text: text.slice(head, text.length - tail), differs: true },
    { text: text.slice(text.length - tail), differs: false },
  ].filter(({ text: part, differs }) => differs || part !== '');
}

function alike(left: string, right: string): number {
  const { head, tail } = commonEnds(left, right);
  // Of two that are equally alike the shorter one is nearer.
  return head + tail - Math.abs(left.length - right.length) / 1_000;
}

function commonEnds(left: string, right: string): { readonly head: number; readonly tail: number } {
  const most = Math.min(left.length, right.length);
  let head = 0;
  while (head < most && left[head] === right[head]) head += 1;
  let tail = 0;
  while (tail < most - head && left[left.length - 1 - tail] === right[right.length - 1 - tail]) tail += 1;
  return { head, tail };
}
