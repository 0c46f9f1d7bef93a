// What the page knows, and who wants to hear when it changes.

import { remember, remembered } from './api.js';

const heard = new Map();
const TIE = 1e-9;

export const state = {
  run: null, other: null, rows: [], byLabel: new Map(), columns: [], history: new Map(), last: 0,
  otherGround: 0, weights: null, selected: null, opened: null, tab: 'targets', shown: [],
  filter: { text: '', status: '', grade: '', view: false }, sort: { name: 'rank', down: false },
};

export function on(event, listener) {
  heard.set(event, [...(heard.get(event) ?? []), listener]);
}

export function tell(event, detail) {
  for (const listener of heard.get(event) ?? []) listener(detail);
}

export function take(run, other, table) {
  state.run = run;
  state.other = other ?? null;
  state.columns = table.columns;
  const count = table.values[0]?.length ?? 0;
  state.rows = Array.from({ length: count }, (_, n) => {
    const row = Object.fromEntries(table.columns.map((one, k) => [one.name, table.values[k][n]]));
    return { ...row, rankNow: row.rank, scoreNow: row.weighted_score ?? null };
  });
  state.byLabel = new Map(state.rows.map((row) => [row.label, row]));
  state.weights = run.ranking ? { ...original(), ...known(remembered(`weights.${run.folder}`, {})) } : null;
}

function known(weights) {
  const names = Object.keys(original());
  return Object.fromEntries(Object.entries(weights).filter(([name]) => names.includes(name)));
}

export const criteria = () => state.run.ranking?.criteria ?? [];
export const original = () => Object.fromEntries(criteria().map((one) => [one.name, one.weight]));
export const changed = () => criteria().some((one) => state.weights[one.name] !== one.weight);

// sum(w u) / sum(w), unknown giving 0; ties by favourability, size and label
export function weigh() {
  if (!state.weights) return;
  const total = criteria().reduce((sum, { name }) => sum + state.weights[name], 0);
  for (const row of state.rows) {
    const sum = criteria().reduce((part, { name }) => part + state.weights[name] * (row[`u_${name}`] ?? 0), 0);
    row.scoreNow = total > 0 ? sum / total : null;
  }
  const order = [...state.rows].sort((a, b) => (Math.abs((a.scoreNow ?? 0) - (b.scoreNow ?? 0)) < TIE ? 0 : down(a.scoreNow, b.scoreNow))
    || down(a.mean_prospectivity, b.mean_prospectivity) || down(a.max_prospectivity, b.max_prospectivity)
    || down(a.area_km2, b.area_km2) || (a.label < b.label ? -1 : 1));
  order.forEach((row, n) => { row.rankNow = n + 1; });
}

export function down(a, b) {
  if (a === b || (blank(a) && blank(b))) return 0;
  if (blank(a)) return 1;
  if (blank(b)) return -1;
  return b - a;
}

export const blank = (value) => value === null || value === undefined || value === '';

export function setWeights(weights) {
  state.weights = { ...state.weights, ...weights };
  remember(`weights.${state.run.folder}`, state.weights);
  weigh();
  tell('order');
}

export function enter(told) {
  for (const entry of told.entries) {
    const mine = state.history.get(entry.target) ?? [];
    if (!mine.some((one) => one.id === entry.id)) state.history.set(entry.target, [...mine, entry].sort((a, b) => a.id - b.id));
  }
  state.last = Math.max(state.last, told.last ?? 0);
  state.otherGround += told.of_other_ground ?? 0;
}

export const historyOf = (label) => state.history.get(label) ?? [];
export const statusOf = (label) => historyOf(label).at(-1)?.status ?? 'open';

export function select(label, from) {
  if (state.selected !== label) {
    state.selected = label;
    tell('select', from);
  }
}

export function open(label) {
  state.opened = label;
  if (label !== null) state.selected = label;
  tell('open');
  tell('select', 'open');
}

export function step(by) {
  const place = state.shown.findIndex((row) => row.label === state.selected);
  const next = state.shown[Math.min(state.shown.length - 1, Math.max(0, place + by))];
  if (!next) return;
  if (state.opened !== null) open(next.label);
  else select(next.label, 'step');
}
