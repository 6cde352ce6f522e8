/** `/account/email/`: a person's addresses, each with what can be done with it, and the form for another one. */
import type { VNode } from 'preact';
import { AccountDocument } from '../kit/document.tsx';
import { Form, TextField } from '../kit/form.tsx';
import { Heading, NoticeLine } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import type { AddressView, EmailPage } from '../models/account.ts';

/** The page. */
export function Addresses({ ui, model }: ViewProps<EmailPage>): VNode {
  const { say } = ui;
  const { form, addresses } = model;
  return (
    <AccountDocument ui={ui} title={say('email.title')} section="email" narrow hasProblem={isRefused(form)}>
      <Heading title={say('email.title')} lead={say(addresses.length === 0 ? 'email.none' : 'email.lead')} />
      <NoticeLine ui={ui} notice={model.notice} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ email: say('email.new') }}
      />
      {addresses.length > 0 && (
        <ul class="rows panel" aria-label={say('email.list')}>
          {addresses.map((address) => (
            <Address key={address.address} ui={ui} address={address} canChange={model.canChange} />
          ))}
        </ul>
      )}
      {model.canChange ? <NewAddress ui={ui} model={model} /> : <p class="plain">{say('email.noMail')}</p>}
    </AccountDocument>
  );
}

function Address(props: { readonly ui: Ui; readonly address: AddressView; readonly canChange: boolean }): VNode {
  const { ui, canChange } = props;
  const { say } = ui;
  const { address, isPrimary, isVerified } = props.address;
  return (
    <li class="row">
      <div class="row-body">
        <p class="row-title">
          <bdi class="long">{address}</bdi>
          {isPrimary && <span class="tag">{say('email.primary')}</span>}
          <span class={isVerified ? 'tag tag-good' : 'tag tag-warn'}>
            {say(isVerified ? 'email.verified' : 'email.unverified')}
          </span>
        </p>
      </div>
      {canChange && !(isPrimary && isVerified) && (
        <Form ui={ui} action="/account/email/" class="row-act" hidden={[{ name: 'email', value: address }]}>
          {isVerified ? (
            <Act value="primary" label={say('email.makePrimary')} name={say('email.makePrimaryOf', { address })} />
          ) : (
            <Act value="mail-again" label={say('email.mailAgain')} name={say('email.mailAgainOf', { address })} />
          )}{' '}
          {!isPrimary && <Act value="remove" label={say('email.remove')} name={say('email.removeOf', { address })} />}
        </Form>
      )}
    </li>
  );
}

/** `name`: which of several equal buttons it is, for a screen reader. */
function Act({ value, label, name }: { readonly value: string; readonly label: string; readonly name: string }): VNode {
  return (
    <button class="button button-small" type="submit" name="do" value={value} aria-label={name}>
      {label}
    </button>
  );
}

function NewAddress({ ui, model }: ViewProps<EmailPage>): VNode {
  const { say } = ui;
  const { values, fieldProblems } = model.form;
  return (
    <Form ui={ui} action="/account/email/" class="form panel" hidden={[{ name: 'do', value: 'add' }]}>
      <TextField
        ui={ui}
        name="email"
        type="email"
        label={say('email.new')}
        hint={say('email.newHint')}
        value={values.email}
        problem={fieldProblems.email}
        autocomplete="email"
        verbatim
      />
      <p class="form-end">
        <button class="button button-primary" type="submit">
          {say('email.button')}
        </button>
      </p>
    </Form>
  );
}
