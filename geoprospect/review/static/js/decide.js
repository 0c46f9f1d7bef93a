// Decisions: asked for here, kept by the server, seen by every browser that is open.

import { get, name, post, remember, remembered } from './api.js';
import { el, icon } from './dom.js';
import { moment, t } from './messages.js';
import { enter, historyOf, state, statusOf, tell } from './state.js';

const EVERY = 1500;
export const who = () => remembered('who', '');

export function say(text, kind = '') {
  const place = document.getElementById('said');
  const line = el(`p${kind ? `.${kind}` : ''}`, { textContent: text });
  place.append(line);
  setTimeout(() => line.remove(), kind === 'bad' ? 9000 : 4500);
}

// asks in a box; the promise gives what was answered, or null
export function ask(title, body, answers, ready) {
  return new Promise((resolve) => {
    const box = el('dialog', { onclose: () => { box.remove(); resolve(box.returnValue ? answers.find((one) => one.name === box.returnValue)?.give() ?? null : null); } },
      el('form', { method: 'dialog', onsubmit: (event) => { event.preventDefault(); box.close(event.submitter?.value ?? ''); } }, el('h2', { textContent: title }), body,
        el('div.answers', {}, answers.map((one, n) => el(`button${n ? '' : '.main'}`, { type: 'submit', value: one.name, textContent: one.told })),
          el('button', { type: 'button', textContent: t('cancel'), onclick: () => box.close('') }))));
    document.body.append(box);
    box.showModal();
    ready?.(box);
  });
}

export async function introduce() {
  const field = el('input', { id: 'who', value: who(), maxLength: 80, required: true, autocomplete: 'name' });
  const given = await ask(t('who.title'), [el('p', { textContent: t('who.why') }), field],
    [{ name: 'ok', told: t('who.keep'), give: () => field.value.trim() }], () => field.select());
  if (given) {
    remember('who', given);
    tell('who');
  }
  return given;
}

export async function decide(label, kind, { comment = '', undoes = null } = {}) {
  if (label === null || (!who() && !(await introduce()))) return false;
  const wish = { target: label, kind, who: who(), comment, undoes, request: name(), version: historyOf(label).length };
  return record(wish);
}

async function record(wish) {
  try {
    const { entry } = await post('decisions', wish);
    enter({ entries: [entry] });
    say(t(`did.${entry.kind}`, { target: entry.target }), 'good');
    tell('decided', entry.target);
    return true;
  } catch (error) {
    if (error.status !== 409) {
      say(error.message, 'bad');
      return false;
    }
    return contested(wish, error.told.history);
  }
}

// someone else was faster: show it, and record both only if that is still wanted
async function contested(wish, history) {
  enter({ entries: history });
  tell('decided', wish.target);
  const last = history.at(-1);
  const again = await ask(t('conflict.title', { target: wish.target }),
    [el('p', {}, told(last)), el('p', { textContent: t('conflict.ask') })],
    [{ name: 'ok', told: t(`conflict.${wish.kind}`), give: () => true }]);
  return again ? record({ ...wish, request: name(), version: history.length }) : false;
}

function told(entry) {
  return el('span.told', {}, el('b', { textContent: entry.who }), ` ${t(`said.${entry.kind}`)} · ${moment(entry.made)}`, entry.comment ? el('q', { textContent: entry.comment }) : null);
}

export function buttons(label) {
  const status = statusOf(label);
  return [['accept', 'accepted', 'A'], ['hold', 'held', 'H'], ['reject', 'rejected', 'R'], ['open', 'open', 'O']].map(([kind, becomes, key]) => el(`button.decision.${becomes}`, {
    type: 'button', 'data-kind': kind, 'aria-pressed': String(status === becomes), title: `${t(`do.${kind}`)} (${key})`,
    onclick: () => status !== becomes && decide(label, kind),
  }, icon(becomes), t(`do.${kind}`)));
}

export function history(label) {
  const entries = historyOf(label);
  const gone = new Set(entries.map((one) => one.undoes).filter(Boolean));
  const undoable = entries.filter((one) => one.kind !== 'undo' && !gone.has(one.id)).at(-1);
  return el('ol.history', {}, [...entries].reverse().map((entry) => el(`li${gone.has(entry.id) ? '.gone' : ''}`, { 'data-kind': entry.kind },
    el(`i.dot.${entry.kind === 'comment' ? 'comment' : entry.kind === 'undo' ? 'undo' : entry.status}`, {}, icon(entry.kind === 'comment' ? 'comment' : entry.kind === 'undo' ? 'undo' : entry.status)),
    told(entry),
    entry === undoable ? el('button.plain.undo', { type: 'button', onclick: () => decide(label, 'undo', { undoes: entry.id }) }, icon('undo'), t('do.undo')) : null)),
  entries.length ? null : el('li.none', { textContent: t('history.none') }));
}

export function undo(label) {
  const entries = historyOf(label);
  const gone = new Set(entries.map((one) => one.undoes).filter(Boolean));
  const last = entries.filter((one) => one.kind !== 'undo' && !gone.has(one.id)).at(-1);
  return last ? decide(label, 'undo', { undoes: last.id }) : say(t('history.none'));
}

// other browsers' decisions, fetched every so often while the page is seen
export function follow(known) {
  let lost = false;
  const look = async () => {
    try {
      const fresh = await get('decisions', { since: state.last });
      const news = fresh.entries.filter((one) => !historyOf(one.target).some((known) => known.id === one.id));
      enter(fresh);
      for (const entry of news) {
        if (entry.who !== who()) say(`${entry.who} ${t(`said.${entry.kind}`)} ${entry.target}`);
        tell('decided', entry.target);
      }
      if (lost) say(t('server.back'), 'good');
      lost = false;
    } catch (error) {
      if (!lost) say(error.status === 401 ? t('server.other') : t('server.gone'), 'bad');
      lost = true;
    }
  };
  enter(known);
  setInterval(() => document.visibilityState === 'visible' && look(), EVERY);
}

