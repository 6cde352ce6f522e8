/** `/admin/groups/` and a group's own page: who is in it, and who is to be. */
import type { VNode } from 'preact';
import { AccountDocument } from '../kit/document.tsx';
import { Form, fieldId, TextField } from '../kit/form.tsx';
import { ownPath } from '../kit/links.ts';
import { BackLink, Heading, Moment, NoticeLine, Section, Table } from '../kit/parts.tsx';
import { isRefused, ProblemSummary } from '../kit/problem-summary.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import type { GroupPage, GroupsPage } from '../models/admin.ts';

const PATH = '/admin/groups/';

/** The list of groups. */
export function Groups({ ui, model }: ViewProps<GroupsPage>): VNode {
  const { say } = ui;
  const { form, groups } = model;
  return (
    <AccountDocument ui={ui} title={say('groups.title')} section="groups" hasProblem={isRefused(form)}>
      <Heading title={say('groups.title')} lead={say('groups.lead')} />
      <NoticeLine ui={ui} notice={model.notice} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ name: say('groups.name') }}
      />
      {groups.length === 0 ? (
        <p class="plain">{say('groups.none')}</p>
      ) : (
        <Table
          label={say('groups.title')}
          columns={[say('groups.column.name'), say('groups.column.members'), say('groups.column.created')]}
          rows={groups.map((group) => ({
            key: group.id,
            cells: [
              <a key="name" class="row-link" href={`${PATH}${encodeURIComponent(group.id)}/`}>
                <bdi>{group.name}</bdi>
              </a>,
              String(group.memberCount),
              <Moment key="created" ui={ui} atMs={group.createdAtMs} as="date" />,
            ],
          }))}
        />
      )}
      <Section title={say('groups.new')}>
        <Form ui={ui} action={PATH} class="form panel">
          <TextField
            ui={ui}
            name="name"
            label={say('groups.name')}
            hint={say('groups.nameHint')}
            value={form.values.name}
            problem={form.fieldProblems.name}
          />
          <p class="form-end">
            <button class="button button-primary" type="submit">
              {say('groups.button')}
            </button>
          </p>
        </Form>
      </Section>
    </AccountDocument>
  );
}

/** A group. */
export function Group({ ui, model }: ViewProps<GroupPage>): VNode {
  const { say } = ui;
  const { form, name } = model;
  const path = `${PATH}${encodeURIComponent(model.id)}/`;
  return (
    <AccountDocument ui={ui} title={name} section="groups" hasProblem={isRefused(form)}>
      <BackLink href={PATH}>{say('group.back')}</BackLink>
      <Heading
        title={<bdi>{name}</bdi>}
        lead={say('groups.members', { count: model.memberCount })}
        actions={
          <a class="button button-danger" href={`${path}delete/`}>
            {say('group.delete')}
          </a>
        }
      />
      <NoticeLine ui={ui} notice={model.notice} />
      <ProblemSummary
        ui={ui}
        formProblem={form.formProblem}
        fieldProblems={form.fieldProblems}
        labels={{ user: say('group.user') }}
      />
      <Form ui={ui} action={path} class="form panel">
        <h2>{say('group.add')}</h2>
        <TextField
          ui={ui}
          name="user"
          label={say('group.user')}
          value={form.values.user}
          problem={form.fieldProblems.user}
          verbatim
        />
        <p class="form-end">
          <button class="button button-primary" type="submit">
            {say('group.addButton')}
          </button>
        </p>
      </Form>
      <Section title={say('group.members')}>
        <Search ui={ui} model={model} path={path} />
        <Members ui={ui} model={model} path={path} />
      </Section>
      <Section
        title={say('group.secondFactor')}
        lead={say(model.requiresSecondFactor ? 'group.secondFactorRequired' : 'group.secondFactorOptional')}
      >
        <Form ui={ui} action={path} class="form-line">
          <button
            class="button"
            type="submit"
            name="second_factor"
            value={model.requiresSecondFactor ? 'optional' : 'required'}
          >
            {say(model.requiresSecondFactor ? 'group.secondFactorLeave' : 'group.secondFactorRequire')}
          </button>
        </Form>
      </Section>
    </AccountDocument>
  );
}

type Props = ViewProps<GroupPage> & { readonly path: string };

/** A GET: what it finds can be kept as an address. */
function Search({ ui, model, path }: Props): VNode | null {
  const { say } = ui;
  if (model.memberCount === 0) return null;
  return (
    <search>
      <form class="search" method="get" action={path}>
        <div class="field">
          <label for={fieldId('search')}>{say('group.search')}</label>
          <div class="search-line">
            <input
              type="search"
              id={fieldId('search')}
              name="search"
              value={model.search}
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
            />
            <button class="button" type="submit">
              {say('group.searchButton')}
            </button>
            {model.search !== '' && (
              <a class="button" href={path}>
                {say('group.searchAll')}
              </a>
            )}
          </div>
        </div>
      </form>
    </search>
  );
}

function Members({ ui, model, path }: Props): VNode {
  const { say } = ui;
  if (model.members.length === 0) {
    const { search } = model;
    return <p class="plain">{search === '' ? say('group.nobody') : say('group.nobodyFound', { search })}</p>;
  }
  return (
    <>
      <ul class="rows panel">
        {model.members.map((member) => (
          <Member key={member.id} ui={ui} member={member} path={path} />
        ))}
      </ul>
      {model.moreUrl !== null && (
        <p class="plain">
          <a href={ownPath(model.moreUrl)}>{say('group.more')}</a>
        </p>
      )}
    </>
  );
}

function Member(props: {
  readonly ui: Ui;
  readonly member: GroupPage['members'][number];
  readonly path: string;
}): VNode {
  const { ui, member, path } = props;
  const { say } = ui;
  const { username } = member;
  return (
    <li class="row">
      <div class="row-body">
        <p class="row-title">
          <bdi>{username}</bdi>
        </p>
        <p class="row-note">
          {member.fullName !== '' && (
            <>
              <bdi>{member.fullName}</bdi>,{' '}
            </>
          )}
          {say('group.since')} <Moment ui={ui} atMs={member.addedAtMs} as="date" />
        </p>
      </div>
      <Form ui={ui} action={path} class="row-act">
        <button
          class="button button-small"
          type="submit"
          name="remove"
          value={member.id}
          aria-label={say('group.removeOf', { username })}
        >
          {say('group.remove')}
        </button>
      </Form>
    </li>
  );
}
