/**
 * PostgreSQL's form of the two hottest transitions: each is one statement, so one round trip and no BEGIN and COMMIT around it.
 * The conditions are those of `code-queries.ts` and `token-queries.ts`; what follows from them hangs on what the update returned.
 */

import { redeemUpdate } from '../code-queries.ts';
import type { HotGrantSteps, RedeemRows, RotateRows } from '../grants.ts';
import { query, within } from '../query.ts';
import { ACCESS_TOKEN_COLUMNS, FAMILY_COLUMNS, rotateUpdate } from '../token-queries.ts';
import type { Engine } from '../transition.ts';

const queries = {
  redeem: query((db, p: RedeemRows) => {
    const family = within(p.family);
    const token = within(p.token);
    return db
      .with('redeemed', (step) => redeemUpdate(step, within(p.redeem)))
      .with('family', (step) =>
        step
          .insertInto('token_family')
          .columns(FAMILY_COLUMNS)
          .expression(
            step.selectFrom('redeemed').select(({ val }) => FAMILY_COLUMNS.map((name) => val(family[name]).as(name))),
          )
          .returning('family_id'),
      )
      .with('token', (step) =>
        step
          .insertInto('access_token')
          .columns(ACCESS_TOKEN_COLUMNS)
          .expression(
            step
              .selectFrom('family')
              .select(({ val }) => ACCESS_TOKEN_COLUMNS.map((name) => val(token[name]).as(name))),
          )
          .returning('token_digest'),
      )
      .selectFrom('redeemed')
      .select('redeemed.code_digest');
  }),

  rotate: query((db, p: RotateRows) => {
    const token = within(p.token);
    return db
      .with('rotated', (step) => rotateUpdate(step, within(p.rotate)))
      .with('token', (step) =>
        step
          .insertInto('access_token')
          .columns(ACCESS_TOKEN_COLUMNS)
          .expression(
            step
              .selectFrom('rotated')
              .select(({ val }) => ACCESS_TOKEN_COLUMNS.map((name) => val(token[name]).as(name))),
          )
          .returning('token_digest'),
      )
      .selectFrom('rotated')
      .select('rotated.family_id');
  }),
};

/** Makes them. */
export function createHotGrantSteps(engine: Engine): HotGrantSteps {
  const q = engine.prepare('grants_in_one', queries);
  return {
    redeem: async (rows) => (await engine.writeOne(q.redeem, rows)) !== null,
    rotate: async (rows) => (await engine.writeOne(q.rotate, rows)) !== null,
  };
}
