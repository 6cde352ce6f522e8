/** The picture of a person, from outside: what is taken, what becomes of it, who sees it, who is told of it. */
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person, type Seen, wordsOf } from '../person.ts';
import { failures } from './judge.ts';
import { CALLBACK, openSite, PASSWORD, register, type Site } from './site.ts';

let site: Site;
let ada: Person;
beforeAll(async () => {
  site = await openSite('SQLite');
  ada = site.person();
  await ada.signUp({ username: 'ada', password: PASSWORD });
});
afterAll(async () => {
  const failed = site === undefined ? [] : failures(site);
  await site?.dispose();
  expect(failed).toEqual([]);
});

const PAGE = '/account/picture/';

/** Left half red, right half blue: upright after a quarter turn, red is on top. */
function halves(): Sharp {
  const red = { create: { width: 200, height: 400, channels: 3 as const, background: 'red' } };
  return sharp({ create: { width: 400, height: 400, channels: 3, background: 'blue' } }).composite([
    { input: red, left: 0, top: 0 },
  ]);
}

async function csrfOf(person: Person): Promise<string> {
  return formOf(await person.open(PAGE), { field: 'picture' }).fields.get('csrf') ?? '';
}

async function upload(person: Person, file: Buffer, { csrf, twice = false }: { csrf?: string; twice?: boolean } = {}) {
  const body = new FormData();
  body.append('csrf', csrf ?? (await csrfOf(person)));
  for (let times = twice ? 2 : 1; times > 0; times -= 1) {
    body.append('picture', new Blob([new Uint8Array(file)], { type: 'image/jpeg' }), 'me.jpg');
  }
  const headers = { origin: new URL(person.server.url).origin, 'sec-fetch-site': 'same-origin' };
  return person.send(PAGE, { method: 'POST', headers, body });
}

function addressOn(seen: Seen): string | null {
  return seen.document.querySelector('main img')?.getAttribute('src') ?? null;
}

async function refusalOf(file: Buffer): Promise<string> {
  const answer = await upload(ada, file);
  expect(answer.status).toBe(200);
  const text = await answer.text();
  return /id="field-picture-problem"[^>]*>([^<]*)</.exec(text)?.[1] ?? '';
}

describe('a picture', () => {
  it('becomes upright WebP of 256 × 256, with nothing else of the file in it', async () => {
    const exif = { IFD0: { Copyright: 'Ada alone' }, IFD3: { GPSLatitude: '48/1 51/1 0/1' } };
    const photo = await halves().jpeg().withExif(exif).withMetadata({ orientation: 6 }).toBuffer();
    const answer = await upload(ada, photo);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${PAGE}?done=picture-saved`]);
    const page = await ada.open(`${PAGE}?done=picture-saved`);
    expect(wordsOf(page)).toContain('Your picture is saved.');
    const served = await site.person().send(addressOn(page) ?? '');
    const content = Buffer.from(await served.arrayBuffer());
    const metadata = await sharp(content).metadata();
    expect(metadata).toMatchObject({ format: 'webp', width: 256, height: 256 });
    for (const kept of ['exif', 'icc', 'xmp', 'iptc', 'orientation']) expect(metadata).not.toHaveProperty(kept);
    expect(content.length).toBeLessThanOrEqual(65_536);
    const [red, , blue] = await sharp(content).extract({ left: 120, top: 10, width: 4, height: 4 }).raw().toBuffer();
    expect(red).toBeGreaterThan(200);
    expect(blue).toBeLessThan(60);
  });

  it('is served to whoever has its address, with headers under which it does nothing else', async () => {
    const served = await site.person().send(addressOn(await ada.open('/account/')) ?? '');
    expect(Object.fromEntries(served.headers)).toMatchObject({
      'content-type': 'image/webp',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    for (const other of ['/picture/unknown.webp', '/picture/unknown', '/picture/..%2f.webp']) {
      expect((await site.person().send(other)).status, other).toBe(404);
    }
  });

  it('is told to an application with the scope profile, and said so on the consent page', async () => {
    const { clientId, clientSecret } = await register(ada, { name: 'Reader', require_pkce: null });
    const query = new URLSearchParams({
      client_id: clientId,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid profile',
    });
    const consent = await ada.open(`/o/authorize/?${query}`);
    expect(wordsOf(consent)).toContain('picture');
    const code = (await ada.allow(consent)).searchParams.get('code') ?? '';
    const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK };
    const client = { client_id: clientId, client_secret: clientSecret ?? '' };
    const program = site.person();
    const token = await program.send('/o/token/', {
      method: 'POST',
      body: new URLSearchParams({ ...form, ...client }),
    });
    const { access_token: accessToken } = (await token.json()) as { access_token: string };
    const info = await program.send('/o/userinfo/', { headers: { authorization: `Bearer ${accessToken}` } });
    const { picture } = (await info.json()) as { picture: string };
    expect(picture).toBe(new URL(addressOn(await ada.open(PAGE)) ?? '', site.url).href);
  });

  it('is in the copy of one’s data and in the security log', async () => {
    const data = await ada.submit(formOf(await ada.open('/account/data/'), { action: '/account/data/download/' }));
    const copy = JSON.parse(data.text) as { account: { picture: { content: string } } };
    const content = Buffer.from(copy.account.picture.content, 'base64');
    expect((await sharp(content).metadata()).format).toBe('webp');
    expect(wordsOf(await ada.open('/account/log/'))).toContain('Picture changed');
  });

  it('may be PNG, WebP or GIF as well', async () => {
    for (const format of ['png', 'webp', 'gif'] as const) {
      const before = addressOn(await ada.open(PAGE));
      expect((await upload(ada, await halves().toFormat(format).toBuffer())).status, format).toBe(303);
      expect(addressOn(await ada.open(PAGE))).not.toBe(before);
      expect((await ada.send(before ?? '')).status).toBe(404);
    }
  });
});

describe('a file that is no picture', () => {
  it('is refused beside the field: none, a drawing, a document, bytes, a damaged one, one that is cut off', async () => {
    expect(await refusalOf(Buffer.alloc(0))).toBe('Choose a file.');
    const wrongKind = 'Choose a JPEG, PNG, WebP or GIF picture.';
    for (const text of ['<svg xmlns="http://www.w3.org/2000/svg"/>', '<?xml version="1.0"?><svg/>', '%PDF-1.7', 'a']) {
      expect(await refusalOf(Buffer.from(text)), text).toBe(wrongKind);
    }
    const damaged = 'This file is damaged. Choose another one.';
    const png = await halves().png({ compressionLevel: 0 }).toBuffer();
    expect(await refusalOf(png.subarray(0, png.length / 2))).toBe(damaged);
    const jpeg = await halves().jpeg().toBuffer();
    expect(await refusalOf(jpeg.subarray(0, jpeg.length / 2))).toBe(damaged);
    expect(await refusalOf(Buffer.concat([png.subarray(0, 8), Buffer.from('<svg/>')]))).toBe(damaged);
  });

  it('is refused where it is large, or becomes large when it is unpacked', async () => {
    const jpeg = await halves().jpeg().toBuffer();
    const padded = Buffer.concat([jpeg, Buffer.alloc(5 * 1_048_576 - 100)]);
    expect(await refusalOf(padded)).toBe('Choose a file of 5 MB or less.');
    const large = { create: { width: 8_000, height: 8_000, channels: 3 as const, background: 'red' } };
    const bomb = await sharp(large).png({ compressionLevel: 9 }).toBuffer();
    expect(bomb.length).toBeLessThan(500_000);
    expect(await refusalOf(bomb)).toBe('Choose a picture of 40 million pixels or fewer.');
    const phoneSized = await upload(ada, Buffer.alloc(12 * 1_048_576));
    const told = await ada.open(phoneSized.headers.get('location') ?? '');
    expect(wordsOf(told)).toContain('Choose a file of 5 MB or less.');
  });

  it('is refused the same where its length was not told beforehand', async () => {
    const headers = {
      origin: new URL(site.url).origin,
      'sec-fetch-site': 'same-origin',
      'content-type': 'multipart/form-data; boundary=x',
    };
    const body = new ReadableStream({
      async start(stream) {
        for (let sent = 0; sent < 8; sent += 1) stream.enqueue(new Uint8Array(1_048_576));
        stream.close();
      },
    });
    const cookie = await ada.cookies.getCookieString(site.url);
    const request = {
      method: 'POST',
      headers: { ...headers, cookie },
      body,
      duplex: 'half',
      redirect: 'manual',
    } as const;
    const answer = await fetch(new URL(PAGE, site.listening), request);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${PAGE}?too-large`]);
    expect(wordsOf(await ada.open(`${PAGE}?too-large`))).toContain('Choose a file of 5 MB or less.');
  });

  it('leaves the picture that was there', async () => {
    const address = addressOn(await ada.open(PAGE));
    expect((await ada.send(address ?? '')).status).toBe(200);
  });
});

describe('many pictures at once', () => {
  it('are made one after the other; beyond a short queue the page says to come back, with 503 and Retry-After', async () => {
    // Of its own: refusals by 503 are in the log of this one.
    const busy = await openSite('SQLite');
    const bea = await busy.member('bea');
    const side = { width: 6_000, height: 6_000, channels: 3 as const, background: 'green' };
    const photo = await sharp({ create: side }).jpeg().toBuffer();
    const csrf = await csrfOf(bea);
    const answers = await Promise.all(Array.from({ length: 16 }, () => upload(bea, photo, { csrf })));
    const refused = answers.filter(({ status }) => status !== 303);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    expect(refused.length).toBeLessThan(16);
    for (const answer of refused) {
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      const text = await answer.text();
      expect(text).toContain('id="field-picture"');
      expect(text).toContain('Other pictures are being made just now. Try again in ');
    }
    expect((await upload(bea, photo)).status).toBe(303);
    await busy.dispose();
  });
});

describe('an upload', () => {
  it('is refused with another form token, from elsewhere, and with two files', async () => {
    const jpeg = await halves().jpeg().toBuffer();
    expect((await upload(ada, jpeg, { csrf: 'forged' })).status).toBe(403);
    expect((await upload(ada, jpeg, { twice: true })).status).toBe(400);
    const body = new FormData();
    body.append('csrf', await csrfOf(ada));
    const headers = { origin: 'https://attacker.example', 'sec-fetch-site': 'cross-site' };
    expect((await ada.send(PAGE, { method: 'POST', headers, body })).status).toBe(403);
  });

  it('is refused where its body is no form, or one of very many parts', async () => {
    const headers = {
      origin: new URL(site.url).origin,
      'sec-fetch-site': 'same-origin',
      'content-type': 'multipart/form-data; boundary=x',
    };
    const part = '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n';
    for (const body of ['nothing', '--x', '--x\r\n\r\n', part, part.repeat(10_000)]) {
      expect((await ada.send(PAGE, { method: 'POST', headers, body })).status, body.slice(0, 20)).toBe(400);
    }
    const without = { ...headers, 'content-type': 'multipart/form-data' };
    expect((await ada.send(PAGE, { method: 'POST', headers: without, body: part })).status).toBe(415);
  });

  it('of somebody who is not signed in leads to the sign-in, unread', async () => {
    const body = new FormData();
    body.append('picture', new Blob([new Uint8Array(1_000)]), 'me.jpg');
    const answer = await site.person().send(PAGE, { method: 'POST', body });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `/login/?next=${encodeURIComponent(PAGE)}`]);
  });

  it('is taken at no other address', async () => {
    const body = new FormData();
    body.append('csrf', await csrfOf(ada));
    const headers = { origin: new URL(site.url).origin, 'sec-fetch-site': 'same-origin' };
    expect((await ada.send('/account/', { method: 'POST', headers, body })).status).toBe(415);
  });
});

describe('a picture that is removed', () => {
  it('is gone for everybody at once', async () => {
    const page = await ada.open(PAGE);
    const address = addressOn(page) ?? '';
    const after = await ada.submit(formOf(page, { action: `${PAGE}remove/` }));
    expect(wordsOf(after)).toContain('Your picture is removed.');
    expect((await site.person().send(address)).status).toBe(404);
    expect(addressOn(await ada.open('/account/'))).toBeNull();
    expect(wordsOf(await ada.open('/account/log/'))).toContain('Picture removed');
  });
});
