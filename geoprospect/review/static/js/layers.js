// Which map is shown, how strongly, over what; and what its colours mean.

import { remember, remembered } from './api.js';
import { el, fill, icon } from './dom.js';
import { number, t } from './messages.js';
import { besides, current, lay, opacity, reading, show, title } from './map.js';
import { on, state } from './state.js';

const MOST = 14;
const legend = el('div', { id: 'legend' });
const value = el('div', { id: 'value', 'aria-live': 'off' });
let last = null;

export function layers() {
  const now = current();
  const groups = ['maps', 'evidence', 'contributions'].map((group) => {
    const mine = state.run.layers.filter((one) => one.group === group);
    return mine.length ? el('optgroup', { label: t(`group.${group}`) }, mine.map((one) => el('option', { value: one.id, textContent: title(one), selected: one.id === now.layer }))) : null;
  });
  const pick = el('select', { id: 'layer', 'aria-label': t('map.layer'), onchange: () => show(pick.value) }, groups);
  const strength = el('input', { type: 'range', id: 'opacity', min: 0, max: 100, value: 100 * now.opacity, 'aria-label': t('map.opacity'), oninput: () => opacity(strength.value / 100) });
  const overlays = besides().map((name) => el('label.check', {}, el('input', { type: 'checkbox', 'data-overlay': name, checked: now.beside.includes(name), onchange: (event) => lay(name, event.target.checked) }), t(`overlay.${name}`)));
  const more = el('details', { open: remembered('overlays', innerWidth > 900), ontoggle: () => remember('overlays', more.open) }, el('summary', {}, icon('layers'), t('map.more')),
    el('label.strength', {}, t('map.opacity'), strength), el('div.overlays', {}, overlays));
  if (last) explain(last);
  return [el('div.card.pick', {}, pick, more), el('div.card.key', {}, value, legend)];
}

function explain(told) {
  last = told;
  const name = title(told);
  const heading = el('b', { textContent: told.units ? `${name} (${told.units})` : name });
  fill(legend, heading, told.stops.length ? scale(told.stops) : classes(told.named));
}

function scale(stops) {
  const strip = el('i.strip');
  strip.style.background = `linear-gradient(to right, ${stops.map((one) => one.colour).join(', ')})`;
  const ends = [stops[0], stops[Math.floor(stops.length / 2)], stops.at(-1)];
  return [strip, el('div.ends', {}, ends.map((one) => el('span', { textContent: number(one.value, 2) })))];
}

function classes(named) {
  const shown = named.filter((one) => one.label !== 'none').slice(0, MOST);
  return el('ul', {}, shown.map((one) => {
    const patch = el('i');
    patch.style.background = one.colour;
    return el('li', {}, patch, one.label);
  }), named.length > MOST + 1 ? el('li.soft', { textContent: t('map.classes', { n: named.length - MOST }) }) : null);
}

on('layer', (told) => {
  explain(told);
  document.getElementById('layer').value = told.id;
});
on('value', (told) => fill(value, reading(told)));
