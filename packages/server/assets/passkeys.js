/**
 * Passkeys, on the pages that ask for one: the button that asks the browser, and the browser's own offer in the field of the
 * username. What the browser answers goes with the form that the button stands in, as any form goes.
 *
 * The calls are `@simplewebauthn/browser`'s (`webauthn.js`). The words come from the page, in its language.
 */
const { browserSupportsWebAuthn, browserSupportsWebAuthnAutofill, startAuthentication, startRegistration } =
  globalThis.SimpleWebAuthnBrowser;

/** What the browser is asked, with the sealed challenge: in the page, or fetched where the page may have stood open for long. */
async function requestOf(box) {
  if (box.dataset.options !== undefined) {
    return { options: JSON.parse(box.dataset.options), challenge: box.querySelector('[name=challenge]').value };
  }
  const response = await fetch(box.dataset.from, { headers: { accept: 'application/json' } });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const { options, challenge } = await response.json();
  return { options: JSON.parse(options), challenge };
}

function send(box, challenge, credential) {
  box.querySelector('[name=challenge]').value = challenge;
  box.querySelector('[name=credential]').value = JSON.stringify(credential);
  // Past the browser's checks: a code that may stand beside it is not wanted now.
  box.closest('form').submit();
}

function say(box, words) {
  box.querySelector('.passkey-said').textContent = words;
}

/** WebAuthn names what went wrong; of a refusal it tells no more than that. */
function wordsOf(box, error) {
  if (error.name === 'NotAllowedError' || error.name === 'AbortError') return box.dataset.cancelled;
  return error.name === 'InvalidStateError' ? box.dataset.known : box.dataset.failed;
}

async function ask(box) {
  // A name that is missing is said at once, not after the fingerprint.
  const isNew = box.dataset.passkey === 'create';
  if (isNew && !box.closest('form').reportValidity()) return;
  say(box, '');
  try {
    const { options, challenge } = await requestOf(box);
    const start = isNew ? startRegistration : startAuthentication;
    send(box, challenge, await start({ optionsJSON: options }));
  } catch (error) {
    say(box, wordsOf(box, error));
    offer(box);
  }
}

/** The browser lists passkeys with its other suggestions, for as long as the page is open: a challenge that ages is replaced. */
async function offer(box) {
  if (box.dataset.from === undefined || !(await browserSupportsWebAuthnAutofill())) return;
  clearTimeout(offer.again);
  try {
    const { options, challenge } = await requestOf(box);
    offer.again = setTimeout(() => offer(box), options.timeout * 0.8);
    send(box, challenge, await startAuthentication({ optionsJSON: options, useBrowserAutofill: true }));
  } catch {
    // The button was pressed, or a newer challenge came: nobody asked for this one.
  }
}

for (const box of document.querySelectorAll('[data-passkey]')) {
  if (browserSupportsWebAuthn()) {
    for (const part of box.querySelectorAll('[hidden]')) part.hidden = false;
    box.querySelector('button').addEventListener('click', () => ask(box));
    offer(box);
  } else if (box.dataset.passkey === 'create') {
    say(box, box.dataset.unsupported);
  }
}
