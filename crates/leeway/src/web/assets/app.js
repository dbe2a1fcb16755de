// Progressive enhancement only: every link and form here works without this file.
const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
const say = text => { $('#live') && ($('#live').textContent = text); };
const parse = html => new DOMParser().parseFromString(html, 'text/html');

// --- times in the viewer's own zone ---
const sameDay = (a, b) => a.toDateString() === b.toDateString();
function localTimes(root = document) {
  for (const el of $$('time[datetime]', root)) {
    if (el.dateTime.length < 12 || el.dataset.local) continue;
    const at = new Date(el.dateTime);
    el.title = el.dateTime;
    el.dataset.local = 'yes';
    el.textContent = sameDay(at, new Date()) ? at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
      : at.toLocaleString([], { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
  }
}

// --- page swap: links of the inbox replace <main>, no full reload ---
async function visit(url, push = true) {
  let answer;
  try { answer = await fetch(url); } catch { say('You are offline. Nothing was sent.'); return; }
  if (!answer.ok || answer.redirected || !answer.headers.get('content-type')?.startsWith('text/html')) { location.assign(url); return; }
  const next = parse(await answer.text());
  const top = $('.list')?.scrollTop ?? 0;
  $('#main').replaceChildren(...next.querySelector('#main').childNodes);
  $('.list')?.scrollTo(0, top);
  document.title = next.title;
  if (push) history.pushState({}, '', answer.url);
  if (matchMedia('(width < 900px)').matches) scrollTo(0, 0);
  ($('#review input:not([type=hidden])') ?? $('#rev-t') ?? $('#main'))?.focus?.({ preventScroll: true });
  ready();
}
document.addEventListener('click', event => {
  const link = event.target.closest('#main a[href^="/inbox"]');
  if (link && !link.dataset.locked && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0 && !link.href.endsWith('/confirm')) {
    event.preventDefault();
    visit(link.href);
  }
  if (event.target.closest('[data-help]')) $('#help').showModal();
  const locked = event.target.closest('[data-locked]');
  if (locked) { event.preventDefault(); unlock(); }
});
document.addEventListener('submit', event => { if (event.submitter && !event.defaultPrevented) setTimeout(() => { event.submitter.disabled = true; }); });
addEventListener('popstate', () => visit(location.href, false));

// --- long text must have been opened before Approve works ---
const CLOSED = 'A long text is not shown whole yet: open it, and approve then.';
function unlock() {
  const text = $('[data-must-open]:not([data-opened])');
  for (let around = text?.parentElement.closest('details'); around; around = around.parentElement.closest('details')) around.open = true;
  text?.scrollIntoView({ block: 'center' });
  text?.querySelector('summary').focus({ preventScroll: true });
  say(CLOSED);
}
function locks() {
  const hidden = $$('[data-must-open]:not([data-opened])').length > 0;
  for (const button of $$('[data-approve]')) {
    if (hidden) button.dataset.locked = 'yes'; else delete button.dataset.locked;
    button.setAttribute('aria-disabled', String(hidden));
  }
  const hint = $('[data-hint]');
  if (hint) { hint.dataset.hint ||= hint.textContent; hint.textContent = hidden ? CLOSED : hint.dataset.hint; }
}
document.addEventListener('toggle', event => {
  if (event.target.matches?.('[data-must-open][open]')) { event.target.dataset.opened = 'yes'; locks(); }
}, true);

// --- live updates: the server says "something changed", we read the page again and swap [data-live] parts ---
let pending;
function refresh(message) {
  if (message) say(message);
  clearTimeout(pending);
  pending = setTimeout(async () => {
    let answer;
    try { answer = await fetch(location.href); } catch { return; }
    if (!answer.ok || answer.redirected) return;
    const next = parse(await answer.text());
    const focus = document.activeElement?.closest('li[id]')?.id;
    for (const part of $$('[data-live]')) {
      const fresh = next.getElementById(part.id);
      if (!fresh || part.contains(document.activeElement) && document.activeElement.matches('input, textarea, select')) continue;
      localTimes(fresh);
      if (fresh.isEqualNode(part)) continue;
      const known = new Set([...part.children].map(child => child.id));
      part.replaceWith(fresh);
      for (const child of fresh.children) if (child.id && !known.has(child.id)) child.classList.add('arrived');
    }
    const empty = $('.list .empty'), shouldBeEmpty = next.querySelector('.list .empty');
    if (empty && !shouldBeEmpty) visit(location.href, false);
    if (focus) document.getElementById(focus)?.querySelector('a')?.focus();
  }, 150);
}
// One stream per visible tab: browsers allow six HTTP/1.1 connections per site, and hidden or
// back-forward-cached pages would hold them.
let stream;
function listen() {
  const want = $('[data-live]:not(.count)') && document.visibilityState === 'visible';
  if (want && !stream) {
    stream = new EventSource('/events');
    stream.addEventListener('inbox', event => refresh(event.data));
  }
  if (!want && stream) { stream.close(); stream = null; }
}
addEventListener('visibilitychange', () => { listen(); if (stream) refresh(''); });
addEventListener('pagehide', () => { stream?.close(); stream = null; });
addEventListener('pageshow', event => { listen(); if (event.persisted) refresh(''); });

// --- keyboard: one letter each, never while typing, can be switched off (WCAG 2.1.4) ---
const step = by => {
  const rows = $$('.row'), at = rows.findIndex(row => row.classList.contains('current'));
  const to = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  if (to && rows.indexOf(to) !== at) { to.scrollIntoView({ block: 'nearest' }); visit($('a', to).href); }
};
document.addEventListener('keydown', event => {
  if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing || localStorage.getItem('keys') === 'off') return;
  if (event.target.matches('input, textarea, select') || $('dialog[open]')) return;
  if (event.key === 'j') step(1);
  else if (event.key === 'k') step(-1);
  else if (event.key === '?') $('#help')?.showModal();
  else {
    const target = $(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    target.click();
  }
  event.preventDefault();
});
document.addEventListener('change', event => {
  if (event.target.id === 'keys-on') localStorage.setItem('keys', event.target.checked ? 'on' : 'off');
});

function ready() {
  localTimes();
  locks();
  const toast = $('#toast');
  if (toast) setTimeout(() => toast.remove(), 12000);
}
if ($('#keys-on')) $('#keys-on').checked = localStorage.getItem('keys') !== 'off';
ready();
listen();
document.documentElement.dataset.js = 'ready';
