// What the ranking weighs, and how much: every move re-ranks at once, here in the browser.

import { el, fill } from './dom.js';
import { fixed, t } from './messages.js';
import { changed, criteria, on, original, open, setWeights, state } from './state.js';

const best = el('ol.best');
const reset = el('button', { type: 'button', id: 'reset', onclick: () => { setWeights(original()); redraw(); } });
let sliders = [];

export function weights() {
  if (!state.weights) return el('div.pad', {}, el('h2', { textContent: t('tab.weights') }), el('p.soft', { textContent: t('weights.none') }));
  reset.textContent = t('weights.reset');
  const most = Math.max(1, ...criteria().map((one) => one.weight)) * 2;
  sliders = criteria().map((one) => slider(one, most));
  redraw();
  return el('div.pad', {}, el('p.soft', { textContent: t('weights.why') }), el('div.sliders', {}, sliders.map((one) => one.node)), reset,
    el('h2', { textContent: t('weights.best') }), best);
}

function slider(one, most) {
  const share = el('output', { htmlFor: `weight-${one.name}` });
  const input = el('input', {
    type: 'range', id: `weight-${one.name}`, min: 0, max: most, step: most / 100, value: state.weights[one.name],
    oninput: () => { setWeights({ [one.name]: Number(input.value) }); redraw(); },
  });
  const about = [t(one.direction === 'lower' || one.direction === 'minimise' ? 'weights.lower' : 'weights.higher'), one.units && one.units !== '1' ? one.units : null].filter(Boolean).join(' · ');
  const node = el('div.slider', {}, el('label', { htmlFor: `weight-${one.name}` }, one.label ?? one.name, el('small', { textContent: about })), input, share);
  return { one, input, share, node };
}

function redraw() {
  const total = Object.values(state.weights).reduce((sum, weight) => sum + weight, 0);
  for (const { one, input, share } of sliders) {
    input.value = state.weights[one.name];
    share.textContent = total ? `${fixed((100 * state.weights[one.name]) / total, 0)} %` : '–';
  }
  reset.disabled = !changed();
  leaders();
}

function leaders() {
  const first = [...state.rows].sort((a, b) => a.rankNow - b.rankNow).slice(0, 10);
  fill(best, first.map((row) => el('li', {}, el('button.plain', { type: 'button', textContent: row.label, onclick: () => open(row.label) }),
    el('span.number', { textContent: fixed(row.scoreNow, 3) }), el('span.soft', { textContent: row.rank === row.rankNow ? '' : t('weights.was', { n: row.rank }) }))));
}

on('order', () => best.isConnected && leaders());
