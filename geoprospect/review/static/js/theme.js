// Light or dark: as the system has it, until the reader chooses.

import { remember, remembered } from './api.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

export function dress() {
  const chosen = remembered('theme', null);
  document.documentElement.dataset.theme = chosen ?? (dark.matches ? 'dark' : 'light');
}

export function turn() {
  const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  remember('theme', next === (dark.matches ? 'dark' : 'light') ? null : next);
  dress();
}

dark.addEventListener('change', dress);
