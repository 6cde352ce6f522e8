/**
 * The browser that a person's form came from, as `http/` saw it.
 *
 * Owns the type and the grouping of network addresses. What is concluded from it is each flow's own.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { Secret } from '../vocabulary/credentials.ts';

/** What is known of a browser before anybody signed in. */
export interface Visitor {
  /** The client's address, after the trusted proxies. */
  readonly networkAddress: string;
  /** The header as it came. */
  readonly userAgent: string;
  /** The value of its long-lived cookie; null: it brought none. */
  readonly browser: Secret<'browser'> | null;
  /** The session that it brought, signed in or not any more; null: none. A sign-in replaces it. */
  readonly session: Secret<'session'> | null;
}

/** ASVS 16.4.1: nothing that could break a line or colour a terminal where this is printed later. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, ' ');
}

/**
 * The network that an address belongs to, for counting: an IPv4 address by itself, an IPv6 one by its /64, since a
 * subscriber holds a whole /64 and could come from a new address each time. Anything else stands for itself.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  const bare = address.split('%')[0] ?? address;
  if (!isIPv6(bare)) return address;
  return `${expandedGroups(bare).slice(0, 4).join(':')}::/64`;
}

/** RFC 4291 §2.2: the eight groups of an address, without leading zeros. An embedded IPv4 tail counts as two. */
function expandedGroups(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::');
  const groupsOf = (text: string) =>
    text === '' ? [] : text.split(':').flatMap((group) => (group.includes('.') ? ['v4', 'v4'] : [group]));
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const gap = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...gap, ...right].map((group) => group.replace(/^0+(?=.)/, ''));
}
