// Accepted targets as files.

import { post } from './api.js';
import { el, icon } from './dom.js';
import { language, t } from './messages.js';
import { say } from './decide.js';
import { changed, state, statusOf } from './state.js';

const KINDS = ['gpkg', 'kml', 'csv', 'gpx', 'pdf'];

export function files() {
  const accepted = state.rows.filter((row) => statusOf(row.label) === 'accepted').length;
  return el('div.pad', {}, el('p.soft', { textContent: t('export.why', { n: accepted }) }),
    el('div.files', {}, KINDS.map((kind) => el('button.file', { type: 'button', 'data-export': kind, disabled: !accepted, onclick: (event) => made(event.currentTarget, { kind }) },
      icon('file'), el('span', {}, el('b', { textContent: t(`export.${kind}`) }), el('small', { textContent: t(`export.${kind}_for`) }))))),
    state.weights && changed() ? el('p.soft.small', { textContent: t('export.weights') }) : null,
    el('button', { type: 'button', onclick: () => print(), textContent: t('export.print') }));
}

async function made(button, wish) {
  if (button) button.disabled = true;
  try {
    const told = await post('exports', { ...wish, language: language(), weights: state.weights });
    const link = el('a', { href: `/api/exports/${encodeURIComponent(told.file)}`, download: told.file });
    document.body.append(link);
    link.click();
    link.remove();
    say(t('export.done', { n: told.targets, file: told.file }), 'good');
  } catch (error) {
    say(error.message, 'bad');
  } finally {
    if (button) button.disabled = false;
  }
}

export function printSheet(label) {
  say(t('export.printing'));
  return made(null, { kind: 'pdf', target: label });
}
