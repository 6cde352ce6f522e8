/**
 * Authorization details (RFC 9396) in the operator's words, with the values that an application sent.
 *
 * Owns how a value is shown: in bold, isolated from the direction of what stands around it, escaped like all text, and broken
 * where a line ends. What a value may be was checked before; that all of them are said is the declaration's rule.
 */
import type { ComponentChildren, VNode } from 'preact';
import type { DetailValue, DetailView } from '../models/authorization.ts';
import { Icon } from './marks.tsx';
import type { Ui } from './ui.ts';

/** One to an item: its sentence, and what has no place in it on lines of its own. */
export function DetailList({ ui, details }: { readonly ui: Ui; readonly details: readonly DetailView[] }): VNode {
  return (
    <ul class="scopes details">
      {details.map((detail, index) => (
        <li key={index}>
          <Icon name="act" />
          <div class="scope-body">
            <DetailWords ui={ui} detail={detail} />
          </div>
        </li>
      ))}
    </ul>
  );
}

/** A detail's sentence and facts. */
export function DetailWords({ ui, detail }: { readonly ui: Ui; readonly detail: DetailView }): VNode {
  const { locale } = ui.context;
  if (detail.sentence === null)
    return <span class="scope-words">{ui.say('details.other', { type: detail.type })}</span>;
  return (
    <>
      <span class="scope-words">
        {detail.sentence[locale].map((piece) => (typeof piece === 'string' ? piece : <Value ui={ui} value={piece} />))}
      </span>
      {detail.facts.map(({ label, value }) => (
        <span class="detail-fact" key={label[locale]}>
          {ui.sayRich('details.fact', { label: label[locale], value: <Value ui={ui} value={value} /> })}
        </span>
      ))}
    </>
  );
}

function Value({ ui, value }: { readonly ui: Ui; readonly value: DetailValue }): VNode {
  return <strong class="detail-value">{shown(ui, value)}</strong>;
}

function shown(ui: Ui, value: DetailValue): ComponentChildren {
  const { locale } = ui.context;
  switch (value.kind) {
    case 'texts':
      return value.texts.map(({ text, words }, index) => (
        <>
          {index > 0 && ', '}
          <bdi>{words === null ? text : words[locale]}</bdi>
        </>
      ));
    case 'number':
      return <bdi>{numberWords(locale, value.digits)}</bdi>;
    case 'flag':
      return ui.say(value.is ? 'word.yes' : 'word.no');
    default:
      return value satisfies never;
  }
}

/** Every digit that was sent, as the language writes it. */
function numberWords(locale: string, digits: string): string {
  const fraction = digits.split('.')[1]?.length ?? 0;
  const tag = locale === 'en' ? 'en-GB' : locale;
  const format = new Intl.NumberFormat(tag, { minimumFractionDigits: fraction, maximumFractionDigits: fraction });
  return format.format(digits as Intl.StringNumericLiteral);
}
