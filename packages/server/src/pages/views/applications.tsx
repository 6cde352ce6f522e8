/** `/o/applications/`: one's own applications, or all of them with their owners for a superuser. */
import type { VNode } from 'preact';
import { AccountDocument } from '../kit/document.tsx';
import { EmptyState, Heading, Moment, NoticeLine, Table } from '../kit/parts.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import type { ApplicationLine, ApplicationsPage } from '../models/applications.ts';

/** The list of applications. */
export function Applications({ ui, model }: ViewProps<ApplicationsPage>): VNode {
  const { say } = ui;
  const title = say(model.showsOwners ? 'applications.titleAll' : 'applications.title');
  const isEmpty = model.applications.length === 0;
  const register = (
    <a class="button button-primary" href="/o/applications/register/">
      {say('applications.register')}
    </a>
  );
  return (
    <AccountDocument ui={ui} title={title} section="applications">
      <Heading title={title} lead={say('applications.lead')} actions={isEmpty ? undefined : register} />
      <NoticeLine ui={ui} notice={model.notice} />
      {isEmpty ? (
        <EmptyState title={say('applications.empty.title')} text={say('applications.empty.text')}>
          {register}
        </EmptyState>
      ) : (
        <ApplicationTable ui={ui} model={model} label={title} />
      )}
    </AccountDocument>
  );
}

function ApplicationTable({ ui, model, label }: ViewProps<ApplicationsPage> & { readonly label: string }): VNode {
  const { say } = ui;
  const owner = model.showsOwners ? [say('applications.column.owner')] : [];
  return (
    <Table
      label={label}
      columns={[
        say('applications.column.name'),
        say('applications.column.type'),
        ...owner,
        say('applications.column.created'),
      ]}
      rows={model.applications.map((application) => ({
        key: application.id,
        cells: cellsOf(ui, application, model.showsOwners),
      }))}
    />
  );
}

function cellsOf(ui: Ui, application: ApplicationLine, showsOwners: boolean) {
  const { say } = ui;
  const name = (
    <>
      <a class="row-link" href={`/o/applications/${encodeURIComponent(application.id)}/`}>
        <bdi>{application.name}</bdi>
      </a>
      {application.isDisabled && <span class="tag tag-warn">{say('applications.disabled')}</span>}
      <code class="row-code">{application.clientId}</code>
    </>
  );
  const owner = application.owner === null ? say('applications.ownerSuperusers') : <bdi>{application.owner}</bdi>;
  return [
    name,
    say(`clientType.${application.clientType}`),
    ...(showsOwners ? [owner] : []),
    <Moment key="created" ui={ui} atMs={application.createdAtMs} as="date" />,
  ];
}
