import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLoopbackAddress, isPublicAddress } from '../../src/fetch/public-address.ts';

const octet = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
const group = fc.integer({ min: 0, max: 0xffff }).map((number) => number.toString(16));
const number = (address: string) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const inside = (net: string, prefix: number) =>
  fc.integer({ min: 0, max: 2 ** (32 - prefix) - 1 }).map((host) => {
    const value = number(net) + host;
    return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
  });

describe('IANA IPv4 Special-Purpose Address Registry', () => {
  it.each([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ])('has %s/%i, of which no address is public', (net, prefix) => {
    fc.assert(fc.property(inside(net, prefix), (address) => !isPublicAddress(address)));
  });

  it.each([
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '223.255.255.255',
    '8.8.8.8',
  ])('ends beside %s, which is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe('IANA IPv6 Special-Purpose Address Registry', () => {
  it.each([
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local with a zone'],
    ['febf::1', 'link-local'],
    ['fec0::1', 'site-local'],
    ['fc00::1', 'unique local'],
    ['fdff:ffff::1', 'unique local'],
    ['ff02::1', 'multicast'],
    ['::7f00:1', 'IPv4-compatible'],
    ['100::1', 'discarded'],
    ['64:ff9b:1::a00:1', 'NAT64 of a network of its own'],
    ['2001::1', 'Teredo'],
    ['2001:db8::1', 'documentation'],
    ['2002:7f00:1::', '6to4'],
    ['3fff::1', 'documentation'],
    ['5f00::1', 'segment routing'],
    ['4000::1', 'not assigned'],
  ])('says that %s is not public: %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it('knows addresses that are public', () => {
    for (const address of ['2606:4700:4700::1111', '2001:4860:4860::8888', '2a00:1450:4007:80e::200e', '2600::']) {
      expect(isPublicAddress(address)).toBe(true);
    }
  });

  it('takes a mapped or NAT64 address for as public as the IPv4 one inside, in either notation', () => {
    fc.assert(
      fc.property(ipv4, (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
        for (const prefix of ['::ffff:', '64:ff9b::', '0:0:0:0:0:ffff:', '::FFFF:']) {
          expect(isPublicAddress(`${prefix}${address}`)).toBe(isPublicAddress(address));
          expect(isPublicAddress(`${prefix}${hex}`)).toBe(isPublicAddress(address));
        }
      }),
    );
  });

  it('takes nothing outside 2000::/3 for public, but what carries a public IPv4 address', () => {
    const rest = fc.array(group, { minLength: 7, maxLength: 7 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), rest, (first, groups) => {
        fc.pre((first < 0x2000 || first >= 0x4000) && first !== 0 && first !== 0x64);
        expect(isPublicAddress([first.toString(16), ...groups].join(':'))).toBe(false);
      }),
    );
  });
});

describe('anything else', () => {
  it('is neither public nor loopback', () => {
    for (const text of [
      '',
      'localhost',
      '1.2.3',
      '01.2.3.4',
      '0x7f000001',
      '2130706433',
      '[::1]',
      '1.2.3.4/8',
      '::g',
    ]) {
      expect(isPublicAddress(text)).toBe(false);
      expect(isLoopbackAddress(text)).toBe(false);
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(typeof isPublicAddress(text)).toBe('boolean');
      }),
    );
  });

  it('loopback is 127.0.0.0/8 and ::1, and nothing that only carries them', () => {
    for (const address of ['127.0.0.1', '127.255.0.3', '::1', '0:0:0:0:0:0:0:1']) {
      expect(isLoopbackAddress(address)).toBe(true);
    }
    for (const address of ['126.0.0.1', '::2', '::ffff:127.0.0.1', '::1%lo']) {
      expect(isLoopbackAddress(address)).toBe(false);
    }
  });
});
