/**
 * Which IP addresses are of the public Internet, by the registries of IANA (IPv4 and IPv6 Special-Purpose Address Registry,
 * RFC 6890).
 *
 * Owns the list. IPv6 is turned around: what is not global unicast (2000::/3) is not public, whatever it may become. An
 * address that carries an IPv4 one is as public as that one.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** What is not public, each with where it is said. */
const SPECIAL_IPV4 = [
  ['0.0.0.0', 8], // RFC 791 §3.2 "this network"
  ['10.0.0.0', 8], // RFC 1918
  ['100.64.0.0', 10], // RFC 6598, shared by carriers
  ['127.0.0.0', 8], // RFC 1122 §3.2.1.3
  ['169.254.0.0', 16], // RFC 3927, where clouds keep their metadata
  ['172.16.0.0', 12], // RFC 1918
  ['192.0.0.0', 24], // RFC 6890 §2.1
  ['192.0.2.0', 24], // RFC 5737
  ['192.88.99.0', 24], // RFC 7526
  ['192.168.0.0', 16], // RFC 1918
  ['198.18.0.0', 15], // RFC 2544
  ['198.51.100.0', 24], // RFC 5737
  ['203.0.113.0', 24], // RFC 5737
  ['224.0.0.0', 4], // RFC 5771, multicast
  ['240.0.0.0', 4], // RFC 1112 §4 and RFC 919 §7: reserved, and broadcast
] as const;

/** Inside 2000::/3 and not public all the same. */
const SPECIAL_IPV6 = [
  ['2001::', 23], // RFC 2928: protocol assignments, Teredo (RFC 4380) among them
  ['2001:db8::', 32], // RFC 3849
  ['2002::', 16], // RFC 7526: 6to4, which carries IPv4 and is no longer in use
  ['2620:4f:8000::', 48], // RFC 7534
  ['3fff::', 20], // RFC 9637
] as const;

const specialIpv4 = new BlockList();
for (const [net, prefix] of SPECIAL_IPV4) specialIpv4.addSubnet(net, prefix, 'ipv4');
const specialIpv6 = new BlockList();
for (const [net, prefix] of SPECIAL_IPV6) specialIpv6.addSubnet(net, prefix, 'ipv6');
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');
const loopbackIpv4 = new BlockList();
loopbackIpv4.addSubnet('127.0.0.0', 8, 'ipv4');

/** Whether it is an address of the public Internet. Text that is no address is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !specialIpv4.check(address, 'ipv4');
  if (!isIPv6(address) || address.includes('%')) return false;
  const carried = carriedIpv4(address);
  if (carried !== null) return isPublicAddress(carried);
  return globalUnicast.check(address, 'ipv6') && !specialIpv6.check(address, 'ipv6');
}

/**
 * Whether an address is in one of these CIDR ranges (a bare address is a range of one). IPv4 in IPv6 counts by what it carries.
 * @throws what `BlockList` does for text that is no range.
 */
export function addressesIn(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', bits] = range.split('/');
    const family = isIPv4(net) ? 'ipv4' : 'ipv6';
    list.addSubnet(net, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family);
  }
  return (address) => {
    if (isIPv4(address)) return list.check(address, 'ipv4');
    if (!isIPv6(address) || address.includes('%')) return false;
    const carried = carriedIpv4(address);
    return carried === null ? list.check(address, 'ipv6') : list.check(carried, 'ipv4');
  };
}

/** Whether it is this machine's own: 127.0.0.0/8 or ::1 (RFC 4291 §2.5.3). */
export function isLoopbackAddress(address: string): boolean {
  if (isIPv4(address)) return loopbackIpv4.check(address, 'ipv4');
  return isIPv6(address) && !address.includes('%') && groupsOf(address).join(':') === '0:0:0:0:0:0:0:1';
}

/** RFC 4291 §2.5.5.2 (::ffff:0:0/96, mapped) and RFC 6052 §2.1 (64:ff9b::/96, NAT64); null: it carries none. */
function carriedIpv4(address: string): string | null {
  const groups = groupsOf(address);
  const prefix = groups.slice(0, 6).join(':');
  if (prefix !== '0:0:0:0:0:ffff' && prefix !== '64:ff9b:0:0:0:0') return null;
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/** Its eight groups without leading zeros. The URL parser writes every form of an address in one way (RFC 5952). */
function groupsOf(address: string): string[] {
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  return [...head, ...new Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
}
