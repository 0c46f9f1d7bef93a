// One target's page: what it is, why it is there, what was decided of it.

import { get } from './api.js';
import { ridge, share, valueTold, waterfall } from './charts.js';
import { buttons, decide, history } from './decide.js';
import { el, fill, icon } from './dom.js';
import { column, distance, fixed, has, language, number, t } from './messages.js';
import { zoom } from './map.js';
import { printSheet } from './files.js';
import { blank, on, open, state, statusOf, step } from './state.js';

let layers = null;
let drafts = new Map();
const decided = el('div.decided');
const place = el('article.target', { id: 'target', tabIndex: -1 });

export function target(label) {
  const row = state.byLabel.get(label);
  fill(decided, verdict(label));
  fill(place, heading(row), decided, el('div.reasons', {}, el('p.soft', { textContent: t('loading') })), facts(row));
  explained(label);
  return place;
}

function heading(row) {
  return el('header', {},
    el('button.plain', { type: 'button', id: 'back', title: `${t('target.back')} (Esc)`, 'aria-label': t('target.back'), onclick: () => open(null) }, icon('back')),
    el('div.named', {}, el('h1', { textContent: row.label }), el('p', {}, [
      t('target.rank', { n: row.rankNow, all: state.rows.length }),
      blank(row.target_class) ? null : el('span.grade', { textContent: t('table.class', { name: row.target_class }) }),
      row.outside_applicability ? el('span.grade.warn', { textContent: t('target.outside') }) : null,
      row.pareto ? el('span.grade', { textContent: t('column.pareto') }) : null,
    ])),
    el('div.move', {},
      el('button.plain', { type: 'button', title: `${t('target.zoom')} (F)`, 'aria-label': t('target.zoom'), onclick: zoom }, icon('zoom')),
      el('button.plain', { type: 'button', title: t('export.sheet'), 'aria-label': t('export.sheet'), onclick: () => printSheet(row.label) }, icon('file')),
      el('button.plain', { type: 'button', title: `${t('target.before')} (K)`, 'aria-label': t('target.before'), onclick: () => step(-1) }, icon('up')),
      el('button.plain', { type: 'button', title: `${t('target.next')} (J)`, 'aria-label': t('target.next'), onclick: () => step(1) }, icon('down'))));
}

function verdict(label) {
  const draft = drafts.get(label) ?? '';
  const field = el('textarea', {
    id: 'comment', rows: 2, maxLength: 4000, value: draft, placeholder: t('comment.here'), 'aria-label': t('comment.here'),
    oninput: () => { drafts.set(label, field.value); send.disabled = !field.value.trim(); },
  });
  const send = el('button', { type: 'button', id: 'send', disabled: !draft.trim(), textContent: t('do.comment'), onclick: async () => {
    const comment = field.value.trim();
    drafts.delete(label);
    if (!(await decide(label, 'comment', { comment }))) drafts.set(label, comment);
    if (state.opened === label) fill(decided, verdict(label));
  } });
  return [el('div.buttons', { role: 'group', 'aria-label': t('target.decision') }, buttons(label)),
    el('div.comment', {}, field, send), el('h2', { textContent: t('target.history') }), history(label)];
}

function facts(row) {
  const known = [
    ['weighted_score', row.scoreNow === null ? null : fixed(row.scoreNow, 3)], ['mean_prospectivity', fixed(row.mean_prospectivity, 3)],
    ['max_prospectivity', fixed(row.max_prospectivity, 3)], ['spread', fixed(row.spread, 3)],
    ['area_km2', blank(row.area_km2) ? null : `${number(row.area_km2)} km²`],
    ['area_lost_km2', row.area_lost_km2 ? `${number(row.area_lost_km2)} km²` : null],
    ['nearest_deposit', blank(row.nearest_deposit) ? null : `${row.nearest_deposit}, ${distance(row.nearest_deposit_m)}`],
    ['missing_share', blank(row.missing_share) ? null : `${fixed(100 * row.missing_share, 1)} %`],
    ['top10_members', blank(row.top10_members) ? null : `${fixed(100 * row.top10_members, 0)} %`],
    ['top10_weights', blank(row.top10_weights) ? null : `${fixed(100 * row.top10_weights, 0)} %`],
    ['place', blank(row.latitude) ? null : `${fixed(row.latitude, 5)}°, ${fixed(row.longitude, 5)}°`],
    ['grid', blank(row.x) ? null : `${Math.round(row.x)} E, ${Math.round(row.y)} N`],
    ['next_data', row.next_data],
  ].filter(([, told]) => !blank(told) && told !== '–');
  return el('section', {}, el('h2', { textContent: t('target.facts') }),
    el('dl.facts', {}, known.map(([name, told]) => el('div', {}, el('dt', { textContent: column(name) }), el('dd', { textContent: told })))));
}

async function explained(label) {
  try {
    layers ??= new Map((await get('layers')).map((one) => [one.name, one]));
    const { explanation, holes } = await get('target', { label });
    if (state.opened === label) fill(place.querySelector('.reasons'), planned(holes), why(state.byLabel.get(label), explanation));
  } catch (error) {
    if (state.opened === label) fill(place.querySelector('.reasons'), el('p.soft', { textContent: error.message }));
  }
}

function planned(holes) {
  if (!holes?.length) return null;
  const row = (one) => el('tr', {}, el('th', { scope: 'row', textContent: one.hole }),
    [Math.round(one.easting), Math.round(one.northing), Math.round(one.azimuth), Math.round(one.dip), Math.round(one.length), number(one.value)].map((told) => el('td.number', { textContent: told })));
  return el('section', {}, el('h2', { textContent: t('target.holes') }), el('p.soft.small', { textContent: t('target.holes_stop', { stop: holes[0].stop }) }),
    el('table.holes', {}, el('thead', {}, el('tr', {}, ['hole', 'easting', 'northing', 'azimuth', 'dip', 'length', 'value'].map((one) => el('th', { scope: 'col', textContent: t(`hole.${one}`) })))),
      el('tbody', {}, holes.map(row))));
}

function why(row, told) {
  const words = told?.sentences?.[language()] ?? told?.sentences?.en;
  const drivers = [row.driver_1, row.driver_2, row.driver_3].filter((one) => !blank(one));
  const favour = words?.for ?? drivers.filter((one) => one.includes('+'));
  const against = words?.against ?? drivers.filter((one) => !one.includes('+'));
  return [
    words?.summary ? el('p.summary', { textContent: words.summary }) : null,
    el('div.sides', {}, side('for', favour), side('against', against)),
    told ? [el('section', {}, el('h2', { textContent: t('target.steps') }), waterfall(told, layers, t('units.log_odds'))), evidence(told), analogues(told.analogues ?? [])]
      : el('p.soft', { textContent: t('target.unexplained') }),
  ];
}

function side(kind, sentences) {
  return el(`section.${kind}`, {}, el('h2', { textContent: t(`target.${kind}`) }),
    sentences.length ? el('ul', {}, sentences.map((one) => el('li', { textContent: one }))) : el('p.soft', { textContent: t('target.nothing') }));
}

function evidence(told) {
  const parts = [...told.contributions].sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  const row = (part) => {
    const layer = layers.get(part.layer);
    const role = layer?.role && has(`role.${layer.role}`) ? t(`role.${layer.role}`) : layer?.role;
    return el('tr', {}, el('th', { scope: 'row' }, layer?.long_name ?? part.layer, role ? el('small', { textContent: role }) : null),
      el('td.number', { textContent: valueTold(part, layer) }), el('td', {}, part.class ? '' : ridge(layer?.quantiles, part.value)),
      el('td.number', { textContent: share(part.percentile) }),
      el('td.number', { textContent: part.missing_share > 0 ? share(100 * part.missing_share) : '' }));
  };
  return el('section', {}, el('h2', { textContent: t('target.evidence') }), el('p.soft.small', { textContent: t('target.evidence_why') }),
    el('table.evidence', {}, el('thead', {}, el('tr', {}, ['layer', 'value', 'district', 'percentile', 'missing'].map((one) => el('th', { scope: 'col', textContent: t(`evidence.${one}`) })))),
      el('tbody', {}, parts.map(row))));
}

function analogues(found) {
  if (!found.length) return null;
  return el('section', {}, el('h2', { textContent: t('target.analogues') }), el('p.soft.small', { textContent: t('target.analogues_why') }),
    el('ul.analogues', {}, found.map((one) => {
      const bar = el('i');
      bar.style.width = `${Math.round(100 * Math.max(0, Math.min(1, one.similarity ?? 0)))}%`;
      return el('li', {}, el('b', { textContent: one.deposit }), el('span.bar', {}, bar), el('span.number', { textContent: fixed(one.similarity, 2) }), el('span.number', { textContent: distance(one.distance_m) }));
    })));
}

on('decided', (label) => {
  if (state.opened !== label) return;
  const writing = document.activeElement?.id === 'comment';
  fill(decided, verdict(label));
  if (writing) document.getElementById('comment')?.focus();
  place.dataset.status = statusOf(label);
});
