/**
 * An application of somebody else: its web server, and the person who goes from it to the sign-in server and back.
 *
 * Owns the listening and the way between the two. What the application is made of is each library's test.
 */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { leftFor, Person, type Seen } from '../person.ts';
import { freePort } from '../programs.ts';

/** An application that listens. */
export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

/** Where it will listen: registered before the application exists. */
export async function futureAddress(): Promise<string> {
  return `http://localhost:${await freePort()}`;
}

/** Listens at an address of {@link futureAddress}. */
export async function listen(url: string, listener: RequestListener): Promise<Listening> {
  const server = createServer(listener);
  await new Promise<void>((listening) => server.listen(Number(new URL(url).port), 'localhost', listening));
  return {
    url,
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Makes a listener of a function from `Request` to `Response` (Fetch), as frameworks do. */
export function fetchListener(url: string, answer: (request: Request) => Promise<Response>): RequestListener {
  return (incoming, outgoing) => {
    void bodyOf(incoming).then(async (body) => {
      const method = incoming.method ?? 'GET';
      const headers = new Headers();
      for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
      const request = new Request(new URL(incoming.url ?? '/', url), {
        method,
        headers,
        ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
      });
      const response = await answer(request);
      const fields: Record<string, string | string[]> = Object.fromEntries(response.headers);
      const cookies = response.headers.getSetCookie();
      if (cookies.length > 0) fields['set-cookie'] = cookies;
      outgoing.writeHead(response.status, fields).end(await response.text());
    });
  };
}

/** From an address of the sign-in server, as the application made it, to the one that leads back to the application. */
export async function throughSignIn(person: Person, address: URL): Promise<URL> {
  const seen = await person.open(address.href);
  return seen.leftFor ?? person.allow(seen);
}

/** From a page of the application over the sign-in server back to the application. @param left the page that led away. */
export async function thereAndBack(application: Person, left: Seen, person: Person): Promise<Seen> {
  const back = await throughSignIn(person, leftFor(left));
  return application.open(back.href);
}

/** A fresh browser at an application. */
export function visitorOf(application: Listening): Person {
  return new Person(application);
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of incoming.setEncoding('utf8')) text += String(part);
  return text;
}
