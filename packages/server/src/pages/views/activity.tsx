/** `/o/applications/:id/activity/` and `/admin/activity/`: what applications attempted, and why it was refused. */
import type { VNode } from 'preact';
import { AccountDocument } from '../kit/document.tsx';
import { fieldId } from '../kit/form.tsx';
import { ownPath } from '../kit/links.ts';
import { BackLink, EmptyState, Fact, Facts, Heading, Moment } from '../kit/parts.tsx';
import type { Ui, ViewProps } from '../kit/ui.ts';
import type { ActivityPage, AttemptView, ComparisonView, ValuePiece } from '../models/activity.ts';

/** The page. Newest first; where scripts run, what comes is added as it happens. */
export function Activity({ ui, model }: ViewProps<ActivityPage>): VNode {
  const { say } = ui;
  const { application, keptDays } = model;
  const path = application === null ? '/admin/activity/' : `${pathOf(application.id)}activity/`;
  const title = application === null ? say('adminActivity.title') : say('activity.title', { name: application.name });
  return (
    <AccountDocument ui={ui} title={title} section={application === null ? 'activity' : 'applications'}>
      {application !== null && <BackLink href={pathOf(application.id)}>{say('activity.back')}</BackLink>}
      <Heading
        title={application === null ? title : <bdi>{title}</bdi>}
        lead={application === null ? say('adminActivity.lead') : say('activity.lead', { days: keptDays })}
      />
      <Search ui={ui} model={model} path={path} />
      <div
        id="activity"
        data-stream={model.streamUrl ?? undefined}
        data-live={say('activity.live')}
        data-stopped={say('activity.stopped')}
      >
        <Attempts ui={ui} model={model} path={path} />
      </div>
    </AccountDocument>
  );
}

function pathOf(id: string): string {
  return `/o/applications/${encodeURIComponent(id)}/`;
}

type Props = ViewProps<ActivityPage> & { readonly path: string };

/** A GET: what it finds can be kept as an address, and sent to a colleague. */
function Search({ ui, model, path }: Props): VNode {
  const { say } = ui;
  return (
    <search>
      <form class="search" method="get" action={path}>
        <div class="field">
          <label for={fieldId('reference')}>{say('activity.search')}</label>
          <p class="hint" id="reference-hint">
            {say('activity.searchHint')}
          </p>
          <div class="search-line">
            <input
              type="search"
              id={fieldId('reference')}
              name="reference"
              value={model.search}
              aria-describedby="reference-hint"
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
            />
            <button class="button" type="submit">
              {say('activity.searchButton')}
            </button>
            <a class="button" href={path}>
              {say(model.search === '' ? 'activity.refresh' : 'activity.searchAll')}
            </a>
          </div>
        </div>
      </form>
    </search>
  );
}

function Attempts({ ui, model, path }: Props): VNode {
  const { say } = ui;
  if (model.attempts.length === 0) {
    if (model.search !== '') return <p class="plain">{say('activity.notFound', { reference: model.search })}</p>;
    return <EmptyState title={say('activity.empty')} text={say('activity.emptyText')} />;
  }
  return (
    <>
      <ul class="rows panel">
        {model.attempts.map((attempt) => (
          <Attempt key={attempt.reference} ui={ui} attempt={attempt} />
        ))}
      </ul>
      {(model.earlierUrl !== null || !model.isNewest) && (
        <p class="answers form-line">
          {!model.isNewest && (
            <a class="button" href={path}>
              {say('activity.newest')}
            </a>
          )}
          {model.earlierUrl !== null && (
            <a class="button" href={ownPath(model.earlierUrl)}>
              {say('activity.earlier')}
            </a>
          )}
        </p>
      )}
    </>
  );
}

function Attempt({ ui, attempt }: { readonly ui: Ui; readonly attempt: AttemptView }): VNode {
  const { say } = ui;
  const { result, application } = attempt;
  return (
    <li class="row">
      <div class="row-body">
        <p class="attempt-tags">
          <span class={result.outcome === 'refused' ? 'tag tag-warn' : 'tag'}>
            {say(`activity.outcome.${result.outcome}`)}
          </span>{' '}
          <span class="tag">{say(`activity.endpoint.${attempt.endpoint}`)}</span>
        </p>
        <h2 class="row-title">{titleOf(ui, attempt)}</h2>
        {result.outcome === 'refused' && <Refusal ui={ui} result={result} />}
        <Facts class="facts-inline">
          {application !== undefined && (
            <Fact name={say('activity.application')}>
              {application === null ? (
                say('activity.unknown')
              ) : (
                <a href={`${pathOf(application.id)}activity/`}>
                  <bdi>{application.name}</bdi>
                </a>
              )}
            </Fact>
          )}
          <Fact name={say('activity.when')}>
            <Moment ui={ui} atMs={attempt.occurredAtMs} as="exact" />
          </Fact>
          <Fact name={say('activity.reference')}>
            <code>{attempt.reference}</code>
          </Fact>
          {result.outcome === 'refused' && <Fact name={say('activity.section')}>{result.section}</Fact>}
          {attempt.network !== null && (
            <Fact name={say('activity.network')}>
              <bdi class="long">{attempt.network}</bdi>
            </Fact>
          )}
        </Facts>
        {attempt.alike > 0 && <p class="row-note">{say('activity.alike', { count: attempt.alike })}</p>}
      </div>
    </li>
  );
}

function titleOf({ say }: Ui, { endpoint, result }: AttemptView): string {
  switch (result.outcome) {
    case 'refused':
      return say(`refusal.${result.reason}.what`);
    case 'waiting':
      return say(`activity.step.${result.step}`);
    case 'done':
      switch (endpoint) {
        case 'authorization':
        case 'token':
        case 'pushed_request':
        case 'device_authorization':
        case 'logout':
          return say(`activity.did.${endpoint}`);
        default:
          return say('activity.did.other');
      }
    default:
      return result satisfies never;
  }
}

type Refused = Extract<AttemptView['result'], { outcome: 'refused' }>;

function Refusal({ ui, result }: { readonly ui: Ui; readonly result: Refused }): VNode {
  const { say } = ui;
  return (
    <>
      {result.comparisons.map((comparison) => (
        <Comparison key={comparison.parameter} ui={ui} comparison={comparison} />
      ))}
      <p class="attempt-fix">
        <strong>{say('activity.fix')}</strong> {say(`refusal.${result.reason}.fix`)}
      </p>
      <Facts class="facts-stacked">
        <Fact name={say('activity.told')}>
          <code>{result.error}</code> <span lang="en">{result.hint}</span>
        </Fact>
        {result.detail !== null && (
          <Fact name={say('activity.detail')}>
            <span class="long" lang="en">
              {result.detail}
            </span>
          </Fact>
        )}
      </Facts>
    </>
  );
}

function Comparison({ ui, comparison }: { readonly ui: Ui; readonly comparison: ComparisonView }): VNode {
  const { say } = ui;
  const { asked, registered, more } = comparison;
  return (
    <Facts class="facts-stacked compared">
      <Fact name={say('activity.asked', { parameter: comparison.parameter })}>
        {asked === null ? <span class="none">{say('activity.notSent')}</span> : <Value ui={ui} pieces={asked} />}
      </Fact>
      {comparison.parameter !== 'client_id' && (
        <Fact name={say('activity.registered')}>
          {registered.length === 0 && <span class="none">{say('activity.nothingRegistered')}</span>}
          {registered.map((pieces, index) => (
            <Value key={index} ui={ui} pieces={pieces} />
          ))}
          {more > 0 && <span class="none">{say('activity.registeredMore', { count: more })}</span>}
        </Fact>
      )}
    </Facts>
  );
}

/** The mark is seen by its colour and its underline, and heard by the word in front of it. */
function Value({ ui, pieces }: { readonly ui: Ui; readonly pieces: readonly ValuePiece[] }): VNode {
  return (
    <code class="compared-value" dir="ltr">
      {pieces.map(({ text, differs }, index) =>
        differs ? (
          <mark key={index}>
            <span class="unseen"> {ui.say('activity.differs')} </span>
            {text === '' ? <span class="compared-nothing">{ui.say('activity.nothingHere')}</span> : text}
          </mark>
        ) : (
          text
        ),
      )}
    </code>
  );
}
