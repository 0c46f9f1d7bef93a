// Lines of longitude and latitude at round degrees, with what they are.

import { el } from './dom.js';

const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const { L } = window;

function told(degrees, sides, step) {
  const decimals = Math.max(0, -Math.floor(Math.log10(step)));
  return `${Math.abs(degrees).toFixed(decimals)}° ${sides[degrees < 0 ? 1 : 0]}`;
}

function label(place, text, kind) {
  return L.marker(place, { interactive: false, keyboard: false, pane: 'lines',
    icon: L.divIcon({ className: `degrees ${kind}`, html: el('span', { textContent: text }), iconSize: [0, 0] }) });
}

// corners are left free: two labels there would lie on one another
function away(map, place) {
  const at = map.latLngToContainerPoint(place);
  const { x: wide, y: high } = map.getSize();
  return (at.x > 60 && at.x < wide - 60) || (at.y > 24 && at.y < high - 24);
}

export function graticule(map) {
  const lines = L.layerGroup().addTo(map);
  const drawn = () => {
    lines.clearLayers();
    const bounds = map.getBounds();
    const [west, east, south, north] = [bounds.getWest(), bounds.getEast(), bounds.getSouth(), bounds.getNorth()];
    const step = STEPS.find((one) => (east - west) / one < 7) ?? 20;
    const line = (points) => L.polyline(points, { pane: 'lines', color: '#5b6875', weight: 0.6, opacity: 0.45, interactive: false, dashArray: '1 4' }).addTo(lines);
    for (let x = Math.ceil(west / step) * step; x < east; x += step) {
      line([[south, x], [north, x]]);
      if (away(map, [north, x])) label([north, x], told(x, 'EW', step), 'top').addTo(lines);
    }
    for (let y = Math.ceil(south / step) * step; y < north; y += step) {
      line([[y, west], [y, east]]);
      if (away(map, [y, east])) label([y, east], told(y, 'NS', step), 'side').addTo(lines);
    }
  };
  drawn();
  map.on('moveend', drawn);
  return { remove: () => { map.off('moveend', drawn); lines.remove(); } };
}
