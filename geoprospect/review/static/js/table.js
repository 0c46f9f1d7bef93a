// The targets as a table: only the rows in sight are elements, so thousands scroll as dozens.

import { el, fill, icon } from './dom.js';
import { column, distance, fixed, number, t } from './messages.js';
import { inView } from './map.js';
import { blank, changed, criteria, down, on, open, select, state, statusOf, tell } from './state.js';

const HEIGHT = 36;
const BEYOND = 8;
const FIRST = ['rank', 'label', 'status', 'target_class', 'score_now', 'mean_prospectivity', 'spread', 'area_km2',
  'nearest_deposit_m', 'nearest_deposit', 'pareto', 'top10_members', 'top10_weights', 'outside_applicability',
  'missing_share', 'next_data', 'driver_1', 'driver_2', 'driver_3'];
const NEVER = ['x', 'y', 'longitude', 'latitude', 'threshold', 'weighted_score', 'score', 'rankNow', 'scoreNow'];
const WIDTHS = { rank: 74, label: 118, status: 108, target_class: 64, nearest_deposit: 150, driver_1: 330, driver_2: 330, driver_3: 330, next_data: 220 };
const SHARES = ['missing_share', 'top10_members', 'top10_weights'];

let columns = [];
const body = el('div.rows');
const sizer = el('div.sizer', {}, body);
const head = el('div.tr.head', { role: 'row' });
const grid = el('div.grid', { id: 'targets', role: 'grid', tabIndex: 0, onscroll: () => draw(), onkeydown: keyed }, head, sizer);
const count = el('span.count');
const find = el('input', { id: 'find', type: 'search', oninput: (event) => sift({ text: event.target.value }) });
const status = el('select', { id: 'status-filter', onchange: (event) => sift({ status: event.target.value }) });
const grade = el('select', { id: 'class-filter', onchange: (event) => sift({ grade: event.target.value }) });
const view = el('input', { id: 'in-view', type: 'checkbox', onchange: (event) => sift({ view: event.target.checked }) });

export function table() {
  columns = chosen();
  find.placeholder = t('table.find');
  find.title = t('table.find_help');
  find.setAttribute('aria-label', t('table.find_help'));
  grid.setAttribute('aria-label', t('tab.targets'));
  choices(status, ['', 'open', 'accepted', 'held', 'rejected'], (one) => (one ? t(`status.${one}`) : t('table.any_status')), state.filter.status);
  const grades = [...new Set(state.rows.map((row) => row.target_class).filter((one) => !blank(one)))].sort();
  choices(grade, ['', ...grades], (one) => (one ? t('table.class', { name: one }) : t('table.any_class')), state.filter.grade);
  heads();
  queueMicrotask(arrange);
  return el('div.list', {},
    el('div.tools', {}, el('label.seek', {}, icon('find'), find), status, grades.length ? grade : null,
      el('label.check', {}, view, t('table.in_view')), count),
    grid);
}

function choices(node, values, name, value) {
  fill(node, values.map((one) => el('option', { value: one, textContent: name(one) })));
  node.value = value;
}

function chosen() {
  const known = new Set([...state.columns.map((one) => one.name), 'status']);
  if (state.weights) known.add('score_now');
  const rest = [...known].filter((name) => !FIRST.includes(name) && !NEVER.includes(name) && !name.startsWith('u_'));
  const labels = Object.fromEntries(criteria().map((one) => [`c_${one.name}`, one.units && one.units !== '1' ? `${one.label} (${one.units})` : one.label]));
  return [...FIRST.filter((name) => known.has(name)), ...rest].map((name) => ({
    name, label: column(name, labels), width: WIDTHS[name] ?? 116,
    number: name === 'score_now' || (state.columns.find((one) => one.name === name)?.number ?? false),
  }));
}

export function cell(row, name) {
  if (name === 'rank') return row.rankNow;
  if (name === 'score_now') return row.scoreNow;
  if (name === 'status') return statusOf(row.label);
  return row[name];
}

function written(row, one) {
  const value = cell(row, one.name);
  if (one.name === 'status') return [el(`span.state.${value}`, {}, icon(value), t(`status.${value}`))];
  if (one.name === 'rank') return [String(value), moved(row)];
  if (blank(value)) return ['–'];
  if (one.name === 'nearest_deposit_m') return [distance(value)];
  if (SHARES.includes(one.name)) return [`${fixed(100 * value, 0)} %`];
  if (['pareto', 'outside_applicability'].includes(one.name)) return [value ? t('yes') : '–'];
  if (['mean_prospectivity', 'max_prospectivity', 'spread', 'score_now'].includes(one.name)) return [bar(one.name, value), fixed(value, one.name === 'score_now' ? 3 : 2)];
  return [one.number ? number(value) : value];
}

function moved(row) {
  const by = changed() ? row.rank - row.rankNow : 0;
  return by ? el(`small.${by > 0 ? 'rose' : 'fell'}`, { textContent: `${by > 0 ? '▲' : '▼'}${Math.abs(by)}` }) : null;
}

function bar(name, value) {
  if (name === 'max_prospectivity') return null;
  const inner = el('i');
  inner.style.width = `${Math.round(100 * Math.min(1, name === 'spread' ? value * 2 : value))}%`;
  return el('span.bar', { 'aria-hidden': 'true' }, inner);
}

function heads() {
  const widths = `${columns.map((one) => `${one.width}px`).join(' ')} 34px`;
  grid.style.setProperty('--columns', widths);
  grid.style.setProperty('--wide', `${columns.reduce((sum, one) => sum + one.width, 34)}px`);
  fill(head, columns.map((one) => {
    const here = state.sort.name === one.name;
    return el(`div.th${one.number ? '.number' : ''}`, { role: 'columnheader', 'aria-sort': here ? (state.sort.down ? 'descending' : 'ascending') : 'none' },
      el('button', { type: 'button', title: one.label, 'data-column': one.name, onclick: () => sort(one) },
        el('span', { textContent: one.label }), here ? icon(state.sort.down ? 'down' : 'up') : null));
  }), el('div.th'));
  grid.setAttribute('aria-colcount', columns.length);
}

// a first click on a quantity puts the largest first; ranks begin with 1
function sort(one) {
  const first = one.number && one.name !== 'rank';
  state.sort = state.sort.name === one.name ? { name: one.name, down: !state.sort.down } : { name: one.name, down: first };
  heads();
  arrange();
}

function sift(wish) {
  Object.assign(state.filter, wish);
  arrange();
}

// words must all occur somewhere; "area_km2>1" asks for a quantity
function asked(text) {
  const tests = text.trim().split(/\s+/).filter(Boolean).map((word) => {
    const parts = word.match(/^(\w+)(<=|>=|<|>|=)(-?[\d.]+)$/u);
    if (!parts) return (row) => haystack(row).includes(word.toLowerCase());
    const [, name, sign, limit] = parts;
    const [low, high] = [Number(limit), Number(limit)];
    return (row) => {
      const value = cell(row, name === 'score' && state.weights ? 'score_now' : name);
      if (blank(value) || typeof value !== 'number') return false;
      return { '<': value < low, '>': value > high, '<=': value <= low, '>=': value >= high, '=': value === low }[sign];
    };
  });
  return (row) => tests.every((test) => test(row));
}

function haystack(row) {
  row.words ??= state.columns.filter((one) => !one.number).map((one) => row[one.name] ?? '').join(' ').toLowerCase();
  return row.words;
}

export function arrange() {
  const { text, status: wanted, grade: named, view: near } = state.filter;
  const test = asked(text);
  const { name, down: backwards } = state.sort;
  const kept = state.rows.filter((row) => test(row) && (!wanted || statusOf(row.label) === wanted)
    && (!named || row.target_class === named) && (!near || inView(row.label)));
  const key = (row) => cell(row, name);
  const numeric = columns.find((one) => one.name === name)?.number;
  kept.sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (blank(x) || blank(y)) return blank(x) && blank(y) ? a.rankNow - b.rankNow : blank(x) ? 1 : -1;
    const ahead = numeric ? -down(x, y) : String(x).localeCompare(String(y), undefined, { numeric: true });
    return (backwards ? -ahead : ahead) || a.rankNow - b.rankNow;
  });
  state.shown = kept;
  count.textContent = kept.length === state.rows.length ? t('table.all', { n: kept.length }) : t('table.some', { n: kept.length, all: state.rows.length });
  grid.setAttribute('aria-rowcount', kept.length + 1);
  sizer.style.height = `${kept.length * HEIGHT}px`;
  draw();
  tell('shown');
}

function draw(all = false) {
  if (!grid.isConnected) return;
  const from = all === true ? 0 : Math.max(0, Math.floor(grid.scrollTop / HEIGHT) - BEYOND);
  const to = all === true ? state.shown.length : Math.min(state.shown.length, from + Math.ceil(grid.clientHeight / HEIGHT) + 2 * BEYOND);
  body.style.transform = `translateY(${from * HEIGHT}px)`;
  fill(body, state.shown.slice(from, to).map((row, n) => drawn(row, from + n)));
  const here = state.shown.findIndex((row) => row.label === state.selected);
  if (here >= from && here < to) grid.setAttribute('aria-activedescendant', `row-${here}`);
  else grid.removeAttribute('aria-activedescendant');
}

function drawn(row, n) {
  const here = row.label === state.selected;
  return el(`div.tr${here ? '.here' : ''}`, {
    id: `row-${n}`, role: 'row', 'aria-rowindex': n + 2, 'aria-selected': String(here), 'data-label': row.label,
    onclick: () => select(row.label, 'table'), ondblclick: () => open(row.label),
  }, columns.map((one) => el(`div.td${one.number ? '.number' : ''}.${one.name}`, { role: 'gridcell', title: one.number ? '' : row[one.name] ?? '' }, written(row, one))),
  el('div.td.more', { role: 'gridcell' }, el('button.plain', {
    type: 'button', tabIndex: -1, title: t('table.open'), 'aria-label': t('table.open_one', { name: row.label }),
    onclick: (event) => { event.stopPropagation(); open(row.label); },
  }, icon('forward'))));
}

function keyed(event) {
  const page = Math.max(1, Math.floor(grid.clientHeight / HEIGHT) - 2);
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
  if (event.target !== grid) return;
  if (by !== undefined) {
    event.preventDefault();
    const place = state.shown.findIndex((row) => row.label === state.selected);
    const next = Math.min(state.shown.length - 1, Math.max(0, place + by));
    if (state.shown[next]) select(state.shown[next].label, 'step');
  } else if (event.key === 'Enter' && state.selected !== null) open(state.selected);
}

function bringIn() {
  const place = state.shown.findIndex((row) => row.label === state.selected);
  if (place < 0) return draw();
  const top = place * HEIGHT;
  const room = grid.clientHeight - HEIGHT;
  if (top < grid.scrollTop || top + HEIGHT > grid.scrollTop + room) {
    grid.scrollTop = Math.max(0, top - room / 2);
    return draw();
  }
  return point(place);
}

// the selected row among those drawn
function point(place) {
  for (const row of body.children) {
    const here = row.dataset.label === state.selected;
    row.classList.toggle('here', here);
    row.setAttribute('aria-selected', String(here));
  }
  grid.setAttribute('aria-activedescendant', `row-${place}`);
}

export const focus = () => (grid.isConnected ? grid.focus() : null);
export const seek = () => find.focus();

new ResizeObserver(() => draw()).observe(grid);
on('select', bringIn);
on('decided', () => arrange());
on('order', () => arrange());
on('view', () => state.filter.view && arrange());
addEventListener('beforeprint', () => draw(true));
addEventListener('afterprint', () => draw());
