// The map: raster tiles straight from the run's files, and the study's own vectors as its base.

import { get, remember, remembered, tiles } from './api.js';
import { el } from './dom.js';
import { fixed, has, number, t } from './messages.js';
import { graticule } from './graticule.js';
import { on, select, open, state, statusOf, tell } from './state.js';

const COLOURS = { open: '#b2182b', accepted: '#1b7837', rejected: '#7b8794', held: '#a86a00' };
const BESIDE = ['area', 'survey_areas', 'folds', 'deposits', 'holes', 'grid'];
const BADGES = 10;
const { L } = window;

export const map = L.map('map', {
  preferCanvas: true, zoomControl: false, attributionControl: false, maxZoom: 19, zoomSnap: 0.5, fadeAnimation: false,
});
const shapes = new Map();
const vectors = {};
const rasters = {};
const badges = L.layerGroup();
let visible = new Set();
let halo = null;
let shown = { layer: null, opacity: 0.85, beside: ['area', 'deposits', 'holes', 'grid'] };

export async function draw() {
  shown = { ...shown, ...remembered(`map.${state.run.folder}`, {}) };
  for (const [name, z] of [['ground', 150], ['this', 200], ['other', 210], ['lines', 390], ['targets', 410]]) {
    map.createPane(name).style.zIndex = z;
  }
  const [west, south, east, north] = state.run.bounds;
  map.fitBounds([[south, west], [north, east]], { padding: [14, 14] });
  L.control.zoom({ position: 'topleft', zoomInTitle: t('map.in'), zoomOutTitle: t('map.out') }).addTo(map);
  L.control.scale({ imperial: false, position: 'bottomright', maxWidth: 140 }).addTo(map);
  show(state.run.layers.some((one) => one.id === shown.layer) ? shown.layer : state.run.first);
  await seen();
  await targets();
  await Promise.all(BESIDE.filter((name) => shown.beside.includes(name)).map((name) => lay(name, true)));
  watch();
}

// a moment for the browser to show what there is, before thousands of outlines keep it busy
const seen = () => new Promise((go) => { requestAnimationFrame(() => setTimeout(go)); });

export const current = () => shown;
export const besides = () => BESIDE.filter((name) => ['area', 'grid'].includes(name) || state.run.beside.includes(name));
export const title = (layer) => (has(`layer.${layer.name}`) && layer.group === 'maps' ? t(`layer.${layer.name}`) : layer.title);

export async function show(id) {
  shown.layer = id;
  keep();
  raster('this', id);
  if (rasters.other) compare(true);
  tell('layer', await get('legend', { layer: id }));
}

export function opacity(share) {
  shown.opacity = share;
  keep();
  for (const one of Object.values(rasters)) one?.setOpacity(share);
}

function raster(which, id) {
  rasters[which]?.remove();
  rasters[which] = L.tileLayer(tiles(which, id), {
    pane: which, opacity: shown.opacity, maxZoom: 19, maxNativeZoom: 19, updateWhenZooming: false, keepBuffer: 3,
  }).addTo(map);
}

// the other run's map, to the right of the handle
export function compare(wanted, share = 0.5) {
  const layer = state.run.layers.find((one) => one.id === shown.layer);
  const theirs = wanted && state.other?.layers.find((one) => one.name === layer.name && one.group === layer.group);
  rasters.other?.remove();
  rasters.other = null;
  if (theirs) {
    raster('other', theirs.id);
    swipe(share);
  }
  return Boolean(theirs);
}

let part = 0.5;
export function swipe(share = part) {
  part = share;
  if (!rasters.other) return;
  const from = map.containerPointToLayerPoint([0, 0]);
  const to = map.containerPointToLayerPoint(map.getSize());
  const x = from.x + (to.x - from.x) * share;
  map.getPane('other').style.clipPath = `polygon(${x}px ${from.y}px, ${to.x}px ${from.y}px, ${to.x}px ${to.y}px, ${x}px ${to.y}px)`;
}
map.on('move zoomend resize', () => swipe());

export async function lay(name, wanted) {
  shown.beside = wanted ? [...new Set([...shown.beside, name])] : shown.beside.filter((one) => one !== name);
  keep();
  vectors[name]?.remove();
  delete vectors[name];
  if (wanted && name === 'grid') vectors.grid = graticule(map);
  else if (wanted && besides().includes(name)) vectors[name] = base(name, await get(`outlines/${name}`)).addTo(map);
}

function base(name, told) {
  const styles = {
    area: { pane: 'ground', color: '#7b8794', weight: 1.2, fill: true, fillColor: '#ffffff', fillOpacity: 0.65 },
    survey_areas: { pane: 'lines', color: '#3b4a5a', weight: 1.3, fill: false },
    folds: { pane: 'lines', color: '#5b6875', weight: 1, dashArray: '4 4', fill: false },
  };
  return L.geoJSON(told, {
    interactive: name !== 'area',
    style: styles[name],
    pane: styles[name]?.pane ?? 'lines',
    pointToLayer: (_, place) => L.circleMarker(place, { pane: 'lines', radius: 4.5, color: '#111827', weight: 1.2, fillColor: name === 'holes' ? '#b2182b' : '#f6c945', fillOpacity: 1 }),
    onEachFeature: (feature, layer) => {
      if (feature.properties.name) layer.bindTooltip(el('span', { textContent: feature.properties.name }), { sticky: true });
    },
  });
}

async function targets() {
  visible = new Set(state.shown.map((row) => row.label));
  const told = await get('outlines/targets');
  L.geoJSON(told, {
    pane: 'targets',
    style: (feature) => style(feature.properties.label),
    onEachFeature: (feature, layer) => {
      const { label } = feature.properties;
      shapes.set(label, layer);
      layer.bindTooltip(() => tip(label), { sticky: true });
      layer.on('click', (event) => { L.DomEvent.stop(event); (state.selected === label ? open : select)(label, 'map'); });
    },
  }).addTo(map);
  badges.addTo(map);
  number10();
}

function tip(label) {
  const row = state.byLabel.get(label);
  return el('span', {}, el('b', { textContent: label }), ` · ${t('map.rank', { n: row.rankNow })} · ${t(`status.${statusOf(label)}`)}`);
}

function style(label) {
  const status = statusOf(label);
  const faint = state.shown.length && !visible.has(label);
  return {
    color: COLOURS[status], weight: 1.8, opacity: faint ? 0.25 : 1, dashArray: status === 'rejected' ? '3 3' : null,
    fillColor: COLOURS[status], fillOpacity: faint ? 0 : 0.1,
  };
}

export function restyle() {
  visible = new Set(state.shown.map((row) => row.label));
  for (const [label, layer] of shapes) layer.setStyle(style(label));
  number10();
}

// the ten best of what the table shows, by their rank
function number10() {
  badges.clearLayers();
  const best = [...state.shown].sort((a, b) => a.rankNow - b.rankNow).slice(0, BADGES);
  for (const row of best) {
    const layer = shapes.get(row.label);
    if (!layer) continue;
    const mark = el(`div.badge.${statusOf(row.label)}`, { textContent: row.rankNow });
    L.marker(layer.getBounds().getCenter(), { icon: L.divIcon({ className: 'badged', html: mark, iconSize: [22, 22] }), keyboard: false })
      .on('click', () => (state.selected === row.label ? open : select)(row.label, 'map')).addTo(badges);
  }
}

function mark(from) {
  halo?.remove();
  const layer = shapes.get(state.selected);
  if (!layer) return;
  const line = (color, weight) => L.geoJSON(layer.toGeoJSON(), { pane: 'targets', interactive: false, style: { color, weight, fill: false } });
  halo = L.layerGroup([line('#ffffff', 7), line(COLOURS[statusOf(state.selected)], 3.5)]).addTo(map);
  const bounds = layer.getBounds();
  if (from === 'open') zoom();
  else if (from !== 'map' && !map.getBounds().contains(bounds)) map.panTo(bounds.getCenter());
}

export function zoom() {
  const layer = shapes.get(state.selected);
  if (layer) map.fitBounds(layer.getBounds().pad(1.2), { maxZoom: 15 });
}

export function whole() {
  const [west, south, east, north] = state.run.bounds;
  map.fitBounds([[south, west], [north, east]], { padding: [14, 14] });
}

export const inView = (label) => shapes.get(label)?.getBounds().intersects(map.getBounds()) ?? false;
export const isAt = (label) => map.getBounds().contains(shapes.get(label).getBounds());

// the value under the cursor, asked for when the cursor rests
function watch() {
  let waiting = null;
  let asked = 0;
  map.on('mousemove click', ({ latlng }) => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const mine = (asked += 1);
      const told = await get('value', { layer: shown.layer, longitude: latlng.wrap().lng, latitude: latlng.lat }).catch(() => null);
      if (told && mine === asked) tell('value', { ...told, latlng });
    }, 70);
  });
  map.on('mouseout', () => { clearTimeout(waiting); asked += 1; tell('value', null); });
  map.on('moveend', () => tell('view'));
}

export function reading(told) {
  if (!told) return [];
  const layer = state.run.layers.find((one) => one.id === shown.layer);
  const value = told.value === null ? t('unknown') : told.class || `${number(told.value, 4)} ${layer.units}`;
  return [el('b', { textContent: value }), el('span', { textContent: `${fixed(told.latlng.lat, 5)}°, ${fixed(told.latlng.lng, 5)}°` })];
}

const keep = () => remember(`map.${state.run.folder}`, shown);

on('select', mark);
on('shown', restyle);
on('decided', () => { restyle(); mark('decided'); });
