import { describe, expect, it } from 'vitest';
import { allowedMethods, isRoutable } from '../../src/http/methods.ts';

describe('RFC 9110 §15.5.6: what an address allows', () => {
  const noted = allowedMethods();
  noted.note('/o/applications/register/', 'GET, HEAD, POST');
  noted.note('/o/applications/:id/secrets/', 'POST');
  noted.note('/o/.well-known/jwks.json', 'GET, HEAD');
  noted.note('/', 'GET');

  it.each([
    ['/o/applications/register/', 'GET, HEAD, POST'],
    ['/o/applications/register', 'GET, HEAD, POST'],
    ['/o/applications/1a2b/secrets/', 'POST'],
    ['/o/.well-known/jwks.json', 'GET, HEAD'],
    ['/', 'GET'],
  ])('%s: %s', (path, allow) => {
    expect(noted.at(path)).toBe(allow);
  });

  it.each([
    '/o/applications/',
    '/o/applications/a/b/secrets/',
    '/o/applications//secrets/',
    '/o/Xwell-known/jwksXjson',
    '/x',
  ])('%s: it is not there', (path) => {
    expect(noted.at(path)).toBeNull();
  });

  it('knows the methods that some address may have', () => {
    expect(['GET', 'HEAD', 'POST', 'OPTIONS', 'TRACE', 'PROPFIND'].map(isRoutable)).toEqual([
      ...[true, true, true, true],
      ...[false, false],
    ]);
  });
});
