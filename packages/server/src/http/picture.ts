/**
 * `/account/picture/`, where a person sets their picture, and `/picture/`, where everybody who has its address sees it.
 *
 * Owns these addresses. What becomes of the file is `accounts/picture-maker.ts`; how the body is read is `upload.ts`.
 */
import { type PictureDeps, removePicture, setPicture } from '../accounts/picture.ts';
import { PICTURE_MEGABYTES_MAX } from '../accounts/picture-maker.ts';
import type { PictureStore } from '../accounts/ports/pictures.ts';
import { fieldProblem } from '../accounts/problems.ts';
import { problem } from '../pages/messages.ts';
import { noticeOf } from './account.ts';
import { NO_PROBLEMS, type ShownProblems, shownProblems } from './forms.ts';
import type { AddRoute, Handler } from './methods.ts';
import type { People } from './people.ts';
import { picturePath } from './picture-path.ts';
import { TOO_LARGE } from './upload.ts';
import type { Answer, SignedInVisit } from './visit.ts';

const PICTURE = '/account/picture/';
const FIELDS = ['picture'] as const;
const TOO_LARGE_PROBLEM = [fieldProblem('picture', 'problem.picture.tooLarge', { megabytes: PICTURE_MEGABYTES_MAX })];

/** Registers the person's own page. */
export function pictureRoutes(people: People, deps: PictureDeps): void {
  people.signedIn(PICTURE, {
    get: async (visit) =>
      pictureAnswer(visit, visit.query.has(TOO_LARGE) ? shownProblems(TOO_LARGE_PROBLEM, FIELDS) : NO_PROBLEMS),
    post: (visit) => postPicture(visit, deps),
  });
  people.signedIn(`${PICTURE}remove/`, {
    get: async () => ({ seeOther: PICTURE }),
    post: async (visit) => {
      await removePicture(visit.signedIn, visit.visitor, deps);
      // Removed by somebody else meanwhile: it is what was wanted.
      return { seeOther: `${PICTURE}?done=picture-removed` };
    },
  });
}

function pictureAnswer(
  visit: SignedInVisit,
  problems: ShownProblems<(typeof FIELDS)[number]>,
  refusal: Pick<Extract<Answer, { page: unknown }>, 'status' | 'headers'> = {},
): Answer {
  return {
    ...refusal,
    page: {
      page: 'picture',
      form: { values: {}, ...problems },
      pictureUrl: picturePath(visit.signedIn.account.picture),
      megabytesMax: PICTURE_MEGABYTES_MAX,
      notice: noticeOf(visit),
    },
  };
}

async function postPicture(visit: SignedInVisit, deps: PictureDeps): Promise<Answer> {
  const result = await setPicture(visit.file, visit.signedIn, visit.visitor, deps);
  switch (result.outcome) {
    case 'set':
      return { seeOther: `${PICTURE}?done=picture-saved` };
    case 'refused':
      return pictureAnswer(visit, shownProblems(result.problems, FIELDS));
    case 'busy': {
      const { retryAfterSeconds } = result;
      const problems = {
        fieldProblems: {},
        formProblem: problem('problem.picture.busy', { seconds: retryAfterSeconds }),
      };
      return pictureAnswer(visit, problems, { status: 503, headers: { 'retry-after': String(retryAfterSeconds) } });
    }
    case 'not_found':
      return { seeOther: '/login/' };
    default:
      return result satisfies never;
  }
}

const HEADERS = {
  'content-type': 'image/webp',
  // Under this name there is never another; and a name that was given up leads nowhere.
  'cache-control': 'public, max-age=31536000, immutable',
  'content-security-policy': "default-src 'none'; sandbox",
  // Applications show it in their pages, without a session here.
  'cross-origin-resource-policy': 'cross-origin',
};

/** Registers what everybody sees. @param notFound answers for a name that leads nowhere. */
export function servePictures(
  add: AddRoute,
  { pictures }: { readonly pictures: Pick<PictureStore, 'findPicture'> },
  notFound: Handler,
): void {
  add(
    '/picture/:file',
    {
      GET: async (request, reply) => {
        const { file } = request.params as { file: string };
        const [, name] = /^([\w-]{1,64})\.webp$/.exec(file) ?? [];
        const content = name === undefined ? null : await pictures.findPicture(name);
        return content === null ? notFound(request, reply) : reply.headers(HEADERS).send(content);
      },
    },
    { quiet: true, secretPath: true },
  );
}
