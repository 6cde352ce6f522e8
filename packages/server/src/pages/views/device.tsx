/**
 * `/o/device/` and below (RFC 8628 §3.3): the code is typed, the device is shown and allowed or not, and one is sent back to it.
 *
 * The warning stands between the question and its buttons, and the device's own address and program above it: whoever was sent
 * here by somebody else meets both before anything is allowed (§5.4).
 */
import type { VNode } from 'preact';
import { EntryDocument } from '../kit/document.tsx';
import { Form, TextField } from '../kit/form.tsx';
import { Icon } from '../kit/marks.tsx';
import { Fact, Facts, Heading, Moment } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import { scopeWords } from '../kit/scopes.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import { describeUserAgent } from '../kit/user-agent.ts';
import type { DeviceCodePage, DeviceConsentPage, DeviceResultPage } from '../models/authorization.ts';
import { Asked, Duration, Links, Owner } from './consent.tsx';

/** Where the code is typed, or compared where it came with a link. */
export function DeviceCode({ ui, model }: ViewProps<DeviceCodePage>): VNode {
  const { say } = ui;
  const { form } = model;
  const refused = isRefused(form);
  return (
    <EntryDocument ui={ui} title={say('device.title')} hasProblem={refused} silent={refused}>
      <Heading title={say('device.title')} lead={say(model.cameByLink ? 'device.leadLink' : 'device.lead')} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ user_code: say('device.code') }}
      />
      <Form ui={ui} action="/o/device/">
        <TextField
          ui={ui}
          name="user_code"
          label={say('device.code')}
          value={form.values.user_code}
          problem={form.fieldProblems.user_code}
          hint={say('device.codeHint')}
          takesFocus={!refused}
          verbatim
        />
        <button class="button button-primary button-wide" type="submit">
          {say('device.next')}
        </button>
      </Form>
      <p class="aside">{say('device.onlyYours')}</p>
    </EntryDocument>
  );
}

/** The question whether this device may. */
export function DeviceConsent({ ui, model }: ViewProps<DeviceConsentPage>): VNode {
  const { say } = ui;
  const { application } = model;
  return (
    <EntryDocument ui={ui} title={say('device.consentTitle', { application: application.name })} width="medium">
      <div class="heading consent-heading">
        <h1>{ui.sayRich('device.consentTitle', { application: <bdi>{application.name}</bdi> })}</h1>
        <Owner ui={ui} owner={model.owner} />
        <Links ui={ui} links={model.links} />
      </div>
      <Requester ui={ui} model={model} />
      <Asked
        ui={ui}
        words={scopeWords(ui, model.scopes, model.account)}
        details={model.details}
        resources={model.resources}
        isMore={false}
      />
      <Duration ui={ui} access={model.access} />
      <p class="warning">
        <Icon name="alert" />
        <span>{say('device.warning')}</span>
      </p>
      <Form
        ui={ui}
        action="/o/device/decision/"
        hidden={[
          { name: 'user_code', value: model.userCode },
          { name: 'question', value: model.question },
        ]}
        class="form form-answers"
      >
        <button class="button button-primary" type="submit" name="allow" value="Authorize">
          {say('consent.allow')}
        </button>
        <button class="button" type="submit">
          {say('button.cancel')}
        </button>
      </Form>
      <p class="aside">{ui.sayRich('shell.signedInAs', { name: <bdi class="named">{model.account.username}</bdi> })}</p>
    </EntryDocument>
  );
}

function Requester({ ui, model }: ViewProps<DeviceConsentPage>): VNode {
  const { say } = ui;
  const { device } = model;
  return (
    <section aria-label={say('device.device')}>
      <Facts class="facts-ruled">
        <Fact name={say('device.code')}>
          <code id="user-code">{model.userCode}</code>
        </Fact>
        <Fact name={say('device.program')}>{programWords(ui, device.userAgent)}</Fact>
        <Fact name={say('device.address')}>
          <bdi class="long">{device.networkAddress}</bdi>
        </Fact>
        <Fact name={say('device.asked')}>
          <Moment ui={ui} atMs={device.askedAtMs} as="ago" />
        </Fact>
      </Facts>
    </section>
  );
}

/** A browser by its name; a device's own program as it calls itself, which is better than nothing to know it by. */
function programWords(ui: Ui, userAgent: string): VNode | string {
  const { browser, system } = describeUserAgent(userAgent);
  if (browser !== null && system !== null) return ui.say('sessions.browserOn', { browser, system });
  const name = /^[^\s(]{1,60}/.exec(userAgent)?.[0];
  return name === undefined ? ui.say('device.unknown') : <bdi class="long">{name}</bdi>;
}

/** What was decided. */
export function DeviceResult({ ui, model }: ViewProps<DeviceResultPage>): VNode {
  const { say } = ui;
  const outcome = model.allowed ? 'allowed' : 'denied';
  return (
    <EntryDocument ui={ui} title={say(`device.${outcome}Title`)} silent={!model.allowed}>
      <Heading title={say(`device.${outcome}Title`)} lead={say(`device.${outcome}Text`)} />
      {model.allowed ? (
        <p class="aside">
          {say('device.allowedEnd')} <a href="/o/authorized_tokens/">{say('nav.connections')}</a>
        </p>
      ) : (
        <p class="aside">
          <a href="/account/">{say('error.account')}</a>
        </p>
      )}
    </EntryDocument>
  );
}
