// Questions to the server. Reading goes by the cookie; writing needs the token, which came in the
// address and is kept in this browser's storage for this port alone.

const KEY = 'geoprospect.token';

export function arrive() {
  const address = new URL(location.href);
  const token = address.searchParams.get('token');
  if (token) {
    localStorage.setItem(KEY, token);
    address.searchParams.delete('token');
    history.replaceState(null, '', address);
  }
}

export class Refused extends Error {
  constructor(status, told) {
    super(told.error ?? `error ${status}`);
    this.status = status;
    this.told = told;
  }
}

async function answered(response) {
  const told = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, told);
  return told;
}

export const files = async (path) => answered(await fetch(path));

export function get(path, values = {}) {
  const query = new URLSearchParams(values).toString();
  return files(`/api/${path}${query ? `?${query}` : ''}`);
}

export async function post(path, body) {
  return answered(await fetch(`/api/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-review-token': localStorage.getItem(KEY) ?? '' },
    body: JSON.stringify(body),
  }));
}

export const tiles = (which, layer) => `/tiles/${which}/${encodeURIComponent(layer)}/{z}/{x}/{y}.png`;

export function name() {
  return crypto.randomUUID ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, '0')).join('');
}

export const remembered = (key, otherwise = null) => {
  try {
    return JSON.parse(localStorage.getItem(`geoprospect.${key}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
};

export const remember = (key, value) => localStorage.setItem(`geoprospect.${key}`, JSON.stringify(value));
