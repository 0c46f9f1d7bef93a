// Another run of the same ground: both maps with a handle between them, ranks side by side.

import { get } from './api.js';
import { el, fill } from './dom.js';
import { fixed, t } from './messages.js';
import { compare as swiped, swipe } from './map.js';
import { on, open, select, state } from './state.js';

const MOST = 200;
let rows = null;
let by = 'rank';
const list = el('tbody');
const handle = el('input', { type: 'range', id: 'swipe', min: 0, max: 100, value: 50, oninput: move });
const line = el('i');
const slide = el('div.swipe', {}, line, handle);

function move() {
  line.style.left = `${handle.value}%`;
  swipe(handle.value / 100);
}

export function compare() {
  if (!state.other) return el('div.pad', {}, el('h2', { textContent: t('tab.compare') }), el('p.soft', { textContent: t('compare.none') }));
  handle.setAttribute('aria-label', t('compare.handle'));
  const names = el('div.two', {}, el('div', {}, el('small', { textContent: t('compare.left') }), el('b', { textContent: state.run.title }), el('span.soft', { textContent: state.run.folder })),
    el('div', {}, el('small', { textContent: t('compare.right') }), el('b', { textContent: state.other.title }), el('span.soft', { textContent: state.other.folder })));
  const order = el('select', { id: 'compare-order', 'aria-label': t('compare.order'), onchange: (event) => { by = event.target.value; fillIn(); } },
    ['rank', 'moved', 'alone'].map((one) => el('option', { value: one, selected: one === by, textContent: t(`compare.by_${one}`) })));
  load();
  return el('div.pad', {}, names, el('p.soft', { textContent: t('compare.why') }), order,
    el('table.compared', {}, el('thead', {}, el('tr', {}, ['target', 'rank', 'counterpart', 'their_rank', 'score', 'share'].map((one) => el('th', { scope: 'col', textContent: t(`compare.${one}`) })))), list));
}

async function load() {
  rows ??= await get('comparison');
  fillIn();
}

function fillIn() {
  const moved = (row) => (row.rank && row.other_rank ? Math.abs(row.rank - row.other_rank) : -1);
  const kept = by === 'alone' ? rows.filter((row) => !row.label || !row.other) : rows;
  const sorted = by === 'moved' ? [...kept].sort((a, b) => moved(b) - moved(a)) : kept;
  fill(list, sorted.slice(0, MOST).map((row) => el('tr', { 'data-label': row.label ?? '', onclick: () => row.label && select(row.label, 'compare'), ondblclick: () => row.label && open(row.label) },
    el('th', { scope: 'row', textContent: row.label ?? '–' }), el('td.number', { textContent: row.rank ?? '–' }), el('td', { textContent: row.other ?? '–' }),
    el('td.number', {}, String(row.other_rank ?? '–'), change(row)), el('td.number', { textContent: `${fixed(row.score, 2)} → ${fixed(row.other_score, 2)}` }),
    el('td.number', { textContent: row.label && row.other ? `${fixed(100 * row.share, 0)} %` : '–' }))));
}

function change(row) {
  if (!row.rank || !row.other_rank || row.rank === row.other_rank) return null;
  const better = row.other_rank < row.rank;
  return el(`small.${better ? 'rose' : 'fell'}`, { textContent: `${better ? '▲' : '▼'}${Math.abs(row.rank - row.other_rank)}` });
}

// the handle lies over the map while this is open
export function attend(here) {
  const wanted = Boolean(here && state.other && swiped(true, handle.value / 100));
  if (wanted) {
    document.getElementById('stage').append(slide);
    move();
  }
  else {
    slide.remove();
    swiped(false);
  }
}

on('tab', () => attend(state.tab === 'compare'));
