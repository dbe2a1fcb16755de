// Progressive enhancement only: every link and form here works without this file.
const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
const say = text => { $('#live') && ($('#live').textContent = text); };
const parse = html => new DOMParser().parseFromString(html, 'text/html');

// --- times in the viewer's own zone: days are put together by the server, which is told the zone ---
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) document.cookie = `leeway-zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax${location.protocol === 'https:' ? '; secure' : ''}`;
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
// Focus goes to a heading, never into a form: no key that is pressed next decides anything. While a page is
// on its way no key decides on the one before it.
let way;
async function visit(url, push = true) {
  way?.stop.abort();
  const here = way = { url: new URL(url, location.href).href, stop: new AbortController() };
  if ($('#review')?.contains(document.activeElement)) document.activeElement.blur();
  let answer, next;
  try {
    answer = await fetch(url, { signal: here.stop.signal });
    if (way !== here) return;
    if (!answer.ok || answer.redirected || !answer.headers.get('content-type')?.startsWith('text/html')) { location.assign(url); return; }
    next = parse(await answer.text());
  } catch {
    if (way === here) { way = undefined; say('You are offline. Nothing was sent.'); }
    return;
  }
  if (way !== here) return;
  way = undefined;
  const top = $('.list')?.scrollTop ?? 0, passing = $('#passing');
  $('#main').replaceChildren(...next.querySelector('#main').childNodes);
  if (passing && !$('#passing')) $('#toast')?.append(passing);
  $('.list')?.scrollTo(0, top);
  $('.row.current')?.scrollIntoView({ block: 'nearest' });
  document.title = next.title;
  if (push) history.pushState({}, '', answer.url);
  address = pageOf(location);
  if (matchMedia('(width < 900px)').matches) scrollTo(0, 0);
  toHeading();
  ready();
}
const toHeading = () => ($('#rev-t') ?? $('#main')).focus({ preventScroll: true });
const pageOf = at => at.pathname + at.search;
let address = pageOf(location);
document.addEventListener('click', event => {
  const link = event.target.closest('#main a[href^="/inbox"]');
  if (link && !link.dataset.locked && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0 && !link.pathname.endsWith('/confirm')) {
    event.preventDefault();
    visit(link.href);
  }
  const inside = event.target.closest('#main a[href^="#"]');
  if (inside && !event.metaKey && !event.ctrlKey && !event.shiftKey) { event.preventDefault(); toPart(inside.hash); }
  if (event.target.closest('[data-help]')) $('#help').showModal();
  const locked = event.target.closest('[data-locked]');
  if (locked) { event.preventDefault(); unlock(); }
});
// A part of the page, by its heading: from there Tab goes on into its form.
function toPart(hash) {
  const part = $(hash);
  part?.scrollIntoView({ block: 'start' });
  (part && $('[tabindex="-1"]', part) || part)?.focus({ preventScroll: true });
}
document.addEventListener('submit', event => { if (event.submitter && !event.defaultPrevented) setTimeout(() => { event.submitter.disabled = true; }); });
addEventListener('popstate', () => { if (pageOf(location) !== address) visit(location.href, false); });

// --- long text must have been opened before Approve works ---
const CLOSED = 'A long text is not shown whole yet: open it, and approve then.';
const BELOW = 'There is more below that was not shown yet.';
function unlock() {
  const text = $('[data-must-open]:not([data-opened])');
  if (!text) {
    const pane = $('.review'), part = pane && pane.scrollHeight > pane.clientHeight + 1 ? pane : document.scrollingElement;
    part.scrollBy({ top: (part.clientHeight - ($('.bar')?.offsetHeight ?? 0)) * 0.9 });
    tell(BELOW);
    return;
  }
  for (let around = text?.parentElement.closest('details'); around; around = around.parentElement.closest('details')) around.open = true;
  text?.scrollIntoView({ block: 'center' });
  text?.querySelector('summary').focus({ preventScroll: true });
  tell(CLOSED);
}
// Said, and shown for a while where the bar has no room for its hint.
function tell(words) {
  say(words);
  const toast = $('#toast');
  if (!toast || $('[data-hint]')?.offsetParent) return;
  $('#told')?.remove();
  const told = Object.assign(document.createElement('div'), { id: 'told', className: 'passing', textContent: words });
  told.setAttribute('aria-hidden', 'true');
  toast.append(told);
  setTimeout(() => told.remove(), 6000);
}
function locks() {
  for (const text of $$('[data-must-open][open]')) { text.dataset.opened = 'yes'; for (const box of $$(':scope > .read input', text)) box.checked = true; }
  const closed = $('[data-must-open]:not([data-opened])'), below = $('[data-end]:not([data-seen])');
  for (const button of $$('[data-approve]')) {
    // A bar that sticks to the screen's edge stands above what is still below; a link decides nothing.
    const locked = Boolean(closed || below && button.matches('.bar button'));
    if (locked) button.dataset.locked = 'yes'; else delete button.dataset.locked;
    button.setAttribute('aria-disabled', String(Boolean(closed)));
    if (button.matches('a')) button.search = new URLSearchParams($$('[data-opened][data-long]').map(text => ['read', text.dataset.long])).toString();
  }
  const hint = $('[data-hint]');
  if (hint) { hint.dataset.hint ||= hint.textContent; hint.textContent = closed ? CLOSED : below && $('.bar button[data-approve]') ? BELOW : hint.dataset.hint; }
}
document.addEventListener('toggle', event => {
  if (!event.target.matches?.('[data-must-open][open]')) return;
  // What it pushes down was not shown yet.
  if (!event.target.dataset.opened) { delete $('[data-end]')?.dataset.seen; watchEnd(); }
  locks();
}, true);
// Whether the end of what decides was on the screen, above the bar.
let watcher;
function watchEnd() {
  watcher?.disconnect();
  const end = $('[data-end]:not([data-seen])');
  if (!end) return;
  watcher = new IntersectionObserver(seen => {
    if (!seen.some(one => one.isIntersecting)) return;
    watcher.disconnect();
    end.dataset.seen = 'yes';
    locks();
  }, { rootMargin: `0px 0px -${$('.bar')?.offsetHeight ?? 0}px 0px` });
  watcher.observe(end);
}

// --- live updates: the server says "something changed", we read the page again and swap [data-live] parts ---
let pending;
function refresh(message) {
  if (message) say(message);
  clearTimeout(pending);
  pending = setTimeout(async () => {
    const from = location.href;
    let answer, next;
    try { answer = await fetch(from); next = parse(await answer.text()); } catch { return; }
    // A page that was swapped meanwhile is newer than this one.
    if (!answer.ok || answer.redirected || way || location.href !== from) return;
    const focus = document.activeElement?.closest('li[id]')?.id, passing = $('#passing');
    for (const part of $$('[data-live]')) {
      const fresh = next.getElementById(part.id);
      if (!fresh || typedIn(part)) continue;
      localTimes(fresh);
      if (same(fresh, part)) continue;
      const known = new Set([...part.children].map(child => child.id));
      const focused = part.contains(document.activeElement) && twin(fresh, document.activeElement);
      part.replaceWith(fresh);
      for (const child of fresh.children) if (child.id && !known.has(child.id)) child.classList.add('arrived');
      if (focused) focused.focus({ preventScroll: true });
    }
    if (passing && !$('#passing')) $('#toast')?.append(passing);
    countdown();
    const empty = $('.list .empty'), shouldBeEmpty = next.querySelector('.list .empty');
    if (empty && !shouldBeEmpty) visit(from, false);
    if (focus) document.getElementById(focus)?.querySelector('a')?.focus();
  }, 150);
}
// Somebody writes or chooses in it: it stays as it is.
const typedIn = part => part.contains(document.activeElement) && document.activeElement.matches('input, textarea, select')
  || $$('input, textarea', part).some(field => field.type === 'checkbox' || field.type === 'radio' ? field.checked !== field.defaultChecked : field.type !== 'hidden' && field.value !== field.defaultValue);
// What counts down differs by that alone.
function same(fresh, part) {
  const [a, b] = [fresh, part].map(one => one.cloneNode(true));
  for (const one of [a, b]) { for (const el of $$('[data-left]', one)) { delete el.dataset.left; delete el.dataset.until; delete el.dataset.over; } for (const el of $$('.left, #passing', one)) el.remove(); }
  return a.isEqualNode(b);
}
// The button or link in the fresh part that does exactly what this one did; another one gets no focus.
function twin(fresh, old) {
  const does = el => [el.tagName, el.textContent, el.href, el.form && el.form.action + new URLSearchParams(new FormData(el.form))].join('\n');
  return $$('a, button, summary', fresh).find(el => does(el) === does(old));
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

// --- keyboard: one letter each, never while typing, can be switched off (WCAG 2.1.4); none decides by itself ---
const step = by => {
  const links = $$('.row a');
  let at = way ? links.findIndex(link => link.href === way.url) : -1;
  if (at < 0) at = links.findIndex(link => link.closest('.row').classList.contains('current'));
  const to = Math.min(links.length - 1, Math.max(0, at + by));
  if (links[to] && to !== at) visit(links[to].href);
  else say(by > 0 ? 'This is the last one.' : 'This is the first one.');
};
// Enter in a field presses no button of a form that decides. The first button of those forms is a disabled one,
// which is enough for fields of text; browsers skip it for fields to choose with.
document.addEventListener('keydown', event => {
  if (event.key === 'Enter' && event.target.matches('input') && event.target.form?.elements[0]?.matches('button[disabled][hidden]')) event.preventDefault();
}, true);
// Links are followed; a button that decides gets the focus, and it takes another key to press it.
function press(target) {
  if (target.dataset.locked) unlock();
  else if (target.matches('a')) target.click();
  else { target.scrollIntoView({ block: 'nearest' }); target.focus(); say(`${target.textContent.trim()}: Enter presses it.`); }
}
document.addEventListener('keydown', event => {
  if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing || localStorage.getItem('keys') === 'off') return;
  if (event.target.matches('input, textarea, select') || $('dialog[open]')) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === 'j') step(1);
  else if (key === 'k') step(-1);
  else if (key === '?') $('#help')?.showModal();
  else {
    const target = $(`[data-key="${CSS.escape(key)}"]`);
    if (!target) return;
    if (way) say('The next one is on its way.');
    else if (!event.repeat) press(target);
  }
  event.preventDefault();
});
document.addEventListener('change', event => {
  if (event.target.id === 'keys-on') localStorage.setItem('keys', event.target.checked ? 'on' : 'off');
});

// --- what can still be stopped: how long it can; and what became of a decision, for a while ---
let ticking;
function countdown() {
  clearTimeout(ticking);
  for (const one of $$('[data-left]')) {
    const until = one.dataset.until ||= performance.now() + Number(one.dataset.left);
    const left = Math.ceil((until - performance.now()) / 1000);
    const words = left >= 60 ? `${Math.floor(left / 60)} min ${left % 60} s` : `${left} s`;
    $('.left', one).textContent = left > 0 ? words : '';
    // Over: whether it went out or waits for its workflow, the server says.
    if (left <= 0 && !one.dataset.over) { one.dataset.over = 'yes'; setTimeout(refresh, 1500); }
  }
  if ($('[data-left]:not([data-over])')) ticking = setTimeout(countdown, 250);
}
function passes() {
  const toast = $('#passing');
  if (!toast || toast.dataset.timed) return;
  toast.dataset.timed = 'yes';
  say(toast.innerText);
  // Once told, the address no longer asks for it.
  const here = new URL(location.href);
  here.searchParams.delete('done');
  history.replaceState({}, '', here);
  address = pageOf(location);
  const gone = () => { if (toast.matches(':hover, :focus-within')) setTimeout(gone, 4000); else toast.remove(); };
  setTimeout(gone, 12000);
}

function ready() {
  localTimes();
  watchEnd();
  locks();
  countdown();
  passes();
}
if ($('#keys-on')) $('#keys-on').checked = localStorage.getItem('keys') !== 'off';
// A page that came as the answer to a form is at the form's address: it is that of the page it shows.
if (location.pathname.endsWith('/decide') || location.pathname.endsWith('/judge')) history.replaceState({}, '', location.pathname.replace(/\/\w+$/, ''));
address = pageOf(location);
ready();
if ($('#tried')) toPart('#tried');
for (const one of $$('#toast .going p')) say(one.innerText);
listen();
document.documentElement.dataset.js = 'ready';
