// The page's code. It knows who is signed in, and holds no token: the browser sends the cookie of the session by itself.
const element = (id) => document.getElementById(id);

/** JSON of this application's own API, null when nobody is signed in (any longer). */
async function api(path, init = {}) {
  const response = await fetch(path, init);
  if (response.status === 401) {
    showSignedOut();
    return null;
  }
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.status === 204 ? null : response.json();
}

const send = (path, body) =>
  api(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

function showSignedOut() {
  element('state').textContent = 'Nobody is signed in.';
  element('signed-out').hidden = false;
  element('signed-in').hidden = true;
}

function showNotes(notes) {
  element('notes').replaceChildren(
    ...notes.map((text) => {
      const item = document.createElement('li');
      item.textContent = text;
      return item;
    }),
  );
}

async function show() {
  const session = await api('/accounts/session/');
  if (session === null) return;
  const [notes, profile] = await Promise.all([api('/api/notes'), api('/api/profile')]);
  if (notes === null || profile === null) return;
  element('who').textContent = session.user.username;
  element('remote').textContent = profile.username;
  showNotes(notes);
  element('signed-out').hidden = true;
  element('signed-in').hidden = false;
  element('state').textContent = 'Signed in.';
}

element('add').addEventListener('submit', async (event) => {
  event.preventDefault();
  const notes = await send('/api/notes', { text: new FormData(event.target).get('text') });
  if (notes !== null) showNotes(notes);
  event.target.reset();
});
element('logout').addEventListener('click', async () => {
  await fetch('/accounts/session/', { method: 'DELETE' });
  showSignedOut();
});
element('vote').addEventListener('click', async () => {
  const { votes } = await send('/api/votes', {});
  element('votes').textContent = votes;
});

await show();
