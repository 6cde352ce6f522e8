/**
 * What makes the pages a little better where scripts run. Nothing needs it: without it every form, link and value works.
 *
 * Owns four things: the button that shows a password, the button that copies a value, the list that grows as it happens, and
 * a second submit that is not sent. Their words come from the page (`data-*`), in its language.
 */

/** A button beside each password field. The field goes back to hidden before it is sent, so that no history keeps it. */
function addPasswordButtons() {
  for (const box of document.querySelectorAll('.password')) {
    const input = box.querySelector('input');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'password-toggle';
    button.innerHTML =
      '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false"><path d="M1.8 10S4.8 4.6 10 4.6 18.2 10 18.2 10 15.2 15.4 10 15.4 1.8 10 1.8 10ZM10 7.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8Z"/><path class="stroke-through" d="M3.2 16.8 16.8 3.2"/></svg>';
    const show = (shown) => {
      input.type = shown ? 'text' : 'password';
      button.setAttribute('aria-label', shown ? box.dataset.hide : box.dataset.show);
      button.classList.toggle('is-on', shown);
    };
    show(false);
    button.addEventListener('click', () => {
      show(input.type === 'password');
      input.focus();
    });
    input.form.addEventListener('submit', () => show(false));
    box.append(button);
  }
}

/** A button beside each value that is copied. Only where the browser lets a page write to the clipboard (https). */
function addCopyButtons() {
  if (navigator.clipboard === undefined) return;
  for (const box of document.querySelectorAll('[data-copy]')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy-button';
    button.textContent = box.dataset.copy;
    button.setAttribute('aria-label', `${box.dataset.copy}: ${box.dataset.label}`);
    const said = document.createElement('span');
    said.className = 'unseen';
    said.setAttribute('role', 'status');
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(box.querySelector('code').textContent);
      button.textContent = box.dataset.copied;
      said.textContent = box.dataset.copied;
      setTimeout(() => {
        button.textContent = box.dataset.copy;
        said.textContent = '';
      }, 2000);
    });
    box.append(button, said);
  }
}

/**
 * The server answers a form that comes twice; this spares the person that answer. Coming back to the page frees it, and so
 * does a while without an answer: a network that failed leaves the page standing.
 */
function sendOnce() {
  let isSent = false;
  document.addEventListener('submit', (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
    setTimeout(() => {
      isSent = false;
    }, 8000);
  });
  window.addEventListener('pageshow', () => {
    isSent = false;
  });
}

/**
 * The list of what an application attempts is fetched anew whenever the server tells of more. While somebody reads with the keyboard in
 * it, or has marked text, it stays as it is.
 */
function followActivity() {
  const box = document.querySelector('[data-stream]');
  if (box === null || window.EventSource === undefined) return;
  const line = document.createElement('p');
  line.className = 'activity-live';
  line.setAttribute('role', 'status');
  line.textContent = box.dataset.live;
  box.before(line);
  let isDue = false;
  const stream = new EventSource(box.dataset.stream);
  const isMarked = () => {
    const marked = getSelection();
    return marked !== null && !marked.isCollapsed && box.contains(marked.anchorNode);
  };
  const isBusy = () => box.contains(document.activeElement) || isMarked();
  const show = async () => {
    isDue = false;
    if (isBusy()) {
      tell();
      return;
    }
    const response = await fetch(location.href, { headers: { accept: 'text/html' } }).catch(() => null);
    if (response === null || !response.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const fresh = page.getElementById('activity');
    if (fresh !== null && !isBusy()) box.replaceChildren(...fresh.childNodes);
  };
  const tell = () => {
    if (isDue) return;
    isDue = true;
    setTimeout(show, 400);
  };
  const stop = () => {
    stream.close();
    line.textContent = box.dataset.stopped;
  };
  stream.addEventListener('attempt', tell);
  stream.addEventListener('closed', stop);
  stream.addEventListener('error', () => {
    if (stream.readyState === EventSource.CLOSED) stop();
  });
  window.addEventListener('pagehide', () => stream.close());
}

addPasswordButtons();
addCopyButtons();
followActivity();
sendOnce();
