/**
 * PostgreSQL's form of the hottest transitions and of a device's redemption: each is one statement, so one round trip and no BEGIN and COMMIT around it.
 * The conditions are those of `code-queries.ts` and `token-queries.ts`; what follows from them hangs on what the update returned.
 */

import { redeemUpdate } from '../code-queries.ts';
import { type RedeemDeviceRows, type RedeemDeviceStep, redeemDeviceUpdate } from '../device-grants.ts';
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

  redeemDevice: query((db, p: RedeemDeviceRows) => {
    const family = within(p.family);
    const token = within(p.token);
    return db
      .with('redeemed', (step) => redeemDeviceUpdate(step, within(p.redeem)))
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
      .select('redeemed.device_code_digest');
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

/** What PostgreSQL does in one statement each. */
export interface PostgresSteps extends HotGrantSteps {
  readonly redeemDevice: RedeemDeviceStep;
}

/** Makes them. */
export function createHotGrantSteps(engine: Engine): PostgresSteps {
  const q = engine.prepare('grants_in_one', queries);
  return {
    redeemDevice: async (rows) => (await engine.writeOne(q.redeemDevice, rows)) !== null,
    redeem: async (rows) => (await engine.writeOne(q.redeem, rows)) !== null,
    rotate: async (rows) => (await engine.writeOne(q.rotate, rows)) !== null,
  };
}
