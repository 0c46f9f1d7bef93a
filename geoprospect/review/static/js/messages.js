// What the page says, in the reader's language; one file for each in /static/messages.

import { files } from './api.js';

export const LANGUAGES = { en: 'English', zh: '中文' };
let told = {};
let current = 'en';

export async function speak(language) {
  current = language in LANGUAGES ? language : 'en';
  told = await files(`/static/messages/${current}.json`);
  document.documentElement.lang = current === 'zh' ? 'zh-Hans' : current;
}

export const language = () => current;
export const has = (key) => key in told;

export function t(key, values = {}) {
  return (told[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

export const column = (name, criteria = {}) => (has(`column.${name}`) ? t(`column.${name}`) : criteria[name] ?? name);

export function number(value, figures = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size && (size < 1e-4 || size >= 1e9)) return value.toExponential(figures - 1).replace('-', '−');
  const decimals = size ? Math.max(0, figures - 1 - Math.floor(Math.log10(size))) : 0;
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(decimals, 6), minimumFractionDigits: 0 }).replace('-', '−');
}

export function fixed(value, decimals) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).replace('-', '−');
}

export function signed(value, decimals = 2) {
  return `${value >= 0 ? '+' : ''}${fixed(value, decimals)}`;
}

export function distance(metres) {
  if (metres === null || metres === undefined) return '–';
  if (metres < 0.5) return t('inside');
  return metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(1)} km`;
}

export function moment(text) {
  return new Date(text).toLocaleString(current === 'zh' ? 'zh-CN' : 'en-GB', { dateStyle: 'medium', timeStyle: 'short' });
}
