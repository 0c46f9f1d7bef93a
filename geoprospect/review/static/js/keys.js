// What the keyboard does; "?" lists it.

import { ask, decide, undo } from './decide.js';
import { el } from './dom.js';
import { t } from './messages.js';
import { whole, zoom } from './map.js';
import { focus, seek } from './table.js';
import { turn } from './theme.js';
import { open, state, step, tell } from './state.js';

const TABS = ['targets', 'weights', 'compare', 'export'];
export const tabs = () => TABS;

const KEYS = [
  [['j', 'J'], 'J', 'keys.next', () => step(1)],
  [['k', 'K'], 'K', 'keys.before', () => step(-1)],
  [['Enter'], 'Enter', 'keys.open', () => state.selected !== null && open(state.selected)],
  [['Escape'], 'Esc', 'keys.back', () => { if (state.opened !== null) { open(null); focus(); } }],
  [['a', 'A'], 'A', 'do.accept', () => decide(state.selected, 'accept')],
  [['h', 'H'], 'H', 'do.hold', () => decide(state.selected, 'hold')],
  [['r', 'R'], 'R', 'do.reject', () => decide(state.selected, 'reject')],
  [['o', 'O'], 'O', 'do.open', () => decide(state.selected, 'open')],
  [['c', 'C'], 'C', 'keys.comment', () => document.getElementById('comment')?.focus()],
  [['u', 'U'], 'U', 'keys.undo', () => state.selected !== null && undo(state.selected)],
  [['/'], '/', 'keys.find', () => { tell('go', 'targets'); seek(); }],
  [['f', 'F'], 'F', 'keys.zoom', zoom],
  [['w', 'W'], 'W', 'keys.whole', whole],
  [['1', '2', '3', '4'], '1–4', 'keys.tabs', (key) => tell('go', TABS[Number(key) - 1])],
  [['t', 'T'], 'T', 'keys.theme', turn],
  [['?'], '?', 'keys.help', () => help()],
];

export function help() {
  ask(t('keys.title'), [el('dl.keys', {}, KEYS.map(([, shown, key]) => el('div', {}, el('dt', {}, el('kbd', { textContent: shown })), el('dd', { textContent: t(key) })))),
    el('p.soft.small', { textContent: t('keys.table') })], [{ name: 'ok', told: t('close'), give: () => null }]);
}

const WRITES = ['INPUT', 'TEXTAREA', 'SELECT'];

export function listen() {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    const writing = WRITES.includes(event.target.tagName) && !['range', 'checkbox'].includes(event.target.type);
    if (writing) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    if (event.key === 'Enter' && event.target.matches?.('button, a, [role=tab], [role=grid]')) return;
    const known = KEYS.find(([keys]) => keys.includes(event.key));
    if (known) {
      event.preventDefault();
      known[3](event.key);
    }
  });
}
