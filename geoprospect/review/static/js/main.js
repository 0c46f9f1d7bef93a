// The page from its parts.

import { arrive, get, remember, remembered } from './api.js';
import { attend, compare } from './compare.js';
import { follow, introduce, who } from './decide.js';
import { el, fill, icon } from './dom.js';
import { files } from './files.js';
import { help, listen, tabs } from './keys.js';
import { layers } from './layers.js';
import { draw, map } from './map.js';
import { LANGUAGES, language, speak, t } from './messages.js';
import { on, state, statusOf, take, tell, weigh } from './state.js';
import { focus, table } from './table.js';
import { target } from './target.js';
import { dress, turn } from './theme.js';
import { weights } from './weights.js';

const VIEWS = { targets: table, weights, compare, export: files };
const counts = el('p.counts');
const me = el('button.me', { type: 'button', id: 'me', onclick: introduce });
const bar = el('nav', { role: 'tablist', onkeydown: along });
const view = el('div.view', { id: 'view', role: 'tabpanel' });

function top() {
  const pick = el('select', { id: 'language', 'aria-label': t('language'), onchange: () => chosen(pick.value) },
    Object.entries(LANGUAGES).map(([key, name]) => el('option', { value: key, textContent: name, selected: key === language() })));
  me.title = t('who.title');
  fill(me, icon('person'), el('span', { textContent: who() || t('who.none') }));
  return [el('img', { src: '/static/icon.svg', alt: '', width: 26, height: 26 }), el('div.title', {}, el('h1', { textContent: state.run.title, title: state.run.title }), counts), me, pick,
    el('button.plain', { type: 'button', id: 'theme', title: `${t('keys.theme')} (T)`, 'aria-label': t('keys.theme'), onclick: turn }, icon('theme')),
    el('button.plain', { type: 'button', id: 'help', title: `${t('keys.title')} (?)`, 'aria-label': t('keys.title'), onclick: help, textContent: '?' })];
}

function count() {
  const told = ['accepted', 'held', 'rejected'].map((one) => [one, state.rows.filter((row) => statusOf(row.label) === one).length]);
  fill(counts, el('span', { textContent: t('table.all', { n: state.rows.length }) }), told.map(([one, n]) => (n ? el(`span.state.${one}`, {}, icon(one), `${n} ${t(`status.${one}`)}`) : null)),
    state.otherGround ? el('span.soft', { textContent: t('history.other', { n: state.otherGround }), title: t('history.other_why') }) : null);
}

function go(name) {
  state.tab = name;
  state.opened = null;
  panel();
  tell('tab');
}

function panel() {
  fill(bar, tabs().map((name) => el('button', { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': 'view', 'aria-selected': String(state.tab === name), tabIndex: state.tab === name ? 0 : -1, textContent: t(`tab.${name}`), onclick: () => go(name) })));
  view.setAttribute('aria-labelledby', `tab-${state.tab}`);
  document.body.classList.toggle('reading', state.opened !== null);
  fill(view, state.opened !== null ? target(state.opened) : VIEWS[state.tab]());
  if (state.opened !== null) view.scrollTop = 0;
}

// arrows move between tabs
function along(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const all = tabs();
  go(all[(all.indexOf(state.tab) + by + all.length) % all.length]);
  document.getElementById(`tab-${state.tab}`).focus();
}

async function chosen(name) {
  await speak(name);
  remember('language', name);
  dressed();
  panel();
}

function dressed() {
  document.title = `${state.run.title} · geoprospect`;
  fill(document.getElementById('top'), top());
  for (const card of document.querySelectorAll('#stage > .card')) card.remove();
  document.getElementById('stage').append(...layers());
  count();
}

async function begin() {
  arrive();
  dress();
  const chosen = remembered('language', null);
  const [run, told, known] = await Promise.all([get('run'), get('targets'), get('decisions', { since: 0 }), chosen && speak(chosen)]);
  if (!chosen) await speak(run.language);
  take(run.this, run.other, told);
  weigh();
  follow(known);
  dressed();
  fill(document.getElementById('panel'), bar, view);
  panel();
  listen();
  await draw();
  document.body.dataset.ready = 'yes';
}

on('go', go);
on('who', () => fill(me, icon('person'), el('span', { textContent: who() || t('who.none') })));
on('decided', () => { count(); if (state.tab === 'export' && state.opened === null) panel(); });
on('open', () => { panel(); if (state.opened === null) focus(); map.invalidateSize({ pan: false }); attend(state.tab === 'compare' && state.opened === null); });

begin().catch((error) => {
  dress();
  fill(document.getElementById('panel'), el('div.pad.failed', {}, el('h2', { textContent: 'geoprospect review' }), el('p', { textContent: error.message })));
});
