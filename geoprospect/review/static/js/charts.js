// A target's score step by step, and where its values stand in the district.

import { el, svg } from './dom.js';
import { fixed, number, signed, t } from './messages.js';

const STEPS = 10;
const WIDE = 540;
const NAMES = 216;
const ROW = 25;

export function valueTold(part, layer) {
  if (part.class) return part.class;
  if (part.value === null || part.value === undefined) return t('unknown');
  return `${number(part.value)}${layer?.units && layer.units !== '1' ? ` ${layer.units}` : ''}`;
}

// from what the model says knowing nothing, layer by layer, to the target's raw score
export function waterfall(told, layers, units) {
  const parts = [...told.contributions].sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  const alone = parts.length > STEPS + 1 ? parts.slice(0, STEPS) : parts;
  const rest = parts.slice(alone.length);
  const steps = [{ label: t('chart.base'), amount: told.base, whole: true }];
  for (const part of alone) {
    const layer = layers.get(part.layer);
    steps.push({ label: layer?.long_name ?? part.layer, value: valueTold(part, layer), amount: part.contribution });
  }
  if (rest.length) steps.push({ label: t('chart.rest', { n: rest.length }), amount: rest.reduce((sum, one) => sum + one.contribution, 0) });
  let end = 0;
  for (const step of steps) { step.start = end; end += step.amount; step.end = end; }
  steps.push({ label: t('chart.score'), amount: told.score_raw, start: 0, end: told.score_raw, whole: true });
  return drawn(steps, units);
}

function drawn(steps, units) {
  const ends = steps.flatMap((one) => [one.start, one.end]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = WIDE - NAMES - 104;
  const x = (value) => NAMES + 52 + ((value - low) / (high - low || 1)) * room;
  const height = steps.length * ROW + 8;
  const chart = svg('svg', { viewBox: `0 0 ${WIDE} ${height}`, class: 'waterfall', role: 'img', 'aria-label': t('chart.waterfall') });
  chart.append(svg('line', { x1: x(0), x2: x(0), y1: 0, y2: height - 6, class: 'zero' }));
  steps.forEach((step, n) => {
    const top = n * ROW + 3;
    const kind = step.whole ? 'whole' : step.amount >= 0 ? 'raises' : 'lowers';
    const [from, to] = [Math.min(x(step.start), x(step.end)), Math.max(x(step.start), x(step.end))];
    const ahead = step.end >= step.start;
    chart.append(
      label(step, top),
      svg('rect', { x: from, y: top + 2, width: Math.max(1, to - from), height: ROW - 10, class: kind, rx: 1.5 }),
      svg('text', { x: ahead ? to + 5 : from - 5, y: top + 13, class: `amount ${kind}`, 'text-anchor': ahead ? 'start' : 'end' }, signed(step.amount)),
    );
    if (n < steps.length - 1) chart.append(svg('line', { x1: x(step.end), x2: x(step.end), y1: top + 2, y2: top + ROW + ROW - 8, class: 'link' }));
  });
  return el('figure', {}, chart, el('figcaption', { textContent: t('chart.units', { units }) }));
}

function label(step, top) {
  const room = step.value ? 20 : 34;
  const name = svg('text', { x: 0, y: top + 13, class: step.whole ? 'name whole' : 'name' }, svg('tspan', {}, short(step.label, step.value ? 34 - Math.min(14, step.value.length) : room)));
  if (step.value) name.append(svg('tspan', { class: 'value', dx: 6 }, short(step.value, 14)));
  name.append(svg('title', {}, step.value ? `${step.label}: ${step.value}` : step.label));
  return name;
}

// Chinese characters are twice as wide
export function short(text, most) {
  let room = most;
  const kept = [];
  for (const letter of text) {
    room -= letter.charCodeAt(0) > 0x2e7f ? 2 : 1;
    if (room < 0) return `${kept.slice(0, -1).join('')}…`;
    kept.push(letter);
  }
  return text;
}

// the district's distribution as a ridge of equal shares, the target's value as a needle
export function ridge(quantiles, value) {
  const [wide, high] = [132, 26];
  const chart = svg('svg', { viewBox: `0 0 ${wide} ${high}`, class: 'ridge', 'aria-hidden': 'true' });
  if (!quantiles?.length) return chart;
  const inner = quantiles.slice(1, -1);
  const [low, top] = [inner[0], inner.at(-1)];
  const x = (one) => 2 + Math.min(1, Math.max(0, (one - low) / (top - low || 1))) * (wide - 4);
  const widths = inner.slice(1).map((one, n) => Math.max(one - inner[n], (top - low || 1) / 120));
  const densest = 1 / Math.min(...widths);
  const points = [`${x(low)},${high - 2}`];
  widths.forEach((width, n) => {
    const y = high - 2 - Math.max(1.5, (1 / width / densest) ** 0.5 * (high - 6));
    points.push(`${x(inner[n]).toFixed(1)},${y.toFixed(1)}`, `${x(inner[n + 1]).toFixed(1)},${y.toFixed(1)}`);
  });
  points.push(`${x(top)},${high - 2}`);
  chart.append(svg('polygon', { points: points.join(' '), class: 'shape' }));
  const middle = x(inner[Math.floor(inner.length / 2)]);
  chart.append(svg('line', { x1: middle, x2: middle, y1: 5, y2: high - 2, class: 'median' }));
  if (value !== null && value !== undefined) {
    chart.append(svg('line', { x1: x(value), x2: x(value), y1: 1, y2: high - 1, class: 'needle' }), svg('circle', { cx: x(value), cy: 4, r: 3, class: 'needle' }));
  }
  return chart;
}

export const share = (value) => (value === null || value === undefined ? '–' : `${fixed(value, 0)} %`);
