// Elements from text. Nothing here, or anywhere on this page, turns text into markup.

const SVG = 'http://www.w3.org/2000/svg';

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name in node && !(node instanceof SVGElement) && name !== 'list') node[name] = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(3).filter((one) => one !== null && one !== undefined && one !== false));
  return node;
}

export function el(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(' ');
  return filled(node, attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

export function icon(name) {
  const paths = {
    accepted: 'M3.5 8.5l3 3 6-7', rejected: 'M4 4l8 8M12 4l-8 8', held: 'M5.5 4v8M10.500 4v8',
    open: 'M8 8h.01', back: 'M10 3L5 8l5 5', forward: 'M6 3l5 5-5 5', up: 'M3 10l5-5 5 5',
    down: 'M3 6l5 5 5-5', close: 'M4 4l8 8M12 4l-8 8', undo: 'M4 6h5a3.500 3.500 0 010 7H6M4 6l3-3M4 6l3 3',
    layers: 'M8 2.500l6 3-6 3-6-3zM2 8.500l6 3 6-3M2 11.500l6 3 6-3', comment: 'M3 3.500h10v7H7l-3 2.500v-2.500H3z',
    file: 'M4 2.500h5l3 3v8H4zM9 2.500v3h3', find: 'M7 12A5 5 0 107 2a5 5 0 000 10zM10.800 10.800L14 14',
    person: 'M8 7.500a2.500 2.500 0 100-5 2.500 2.500 0 000 5zM3 13.500c.5-3 2.500-4 5-4s4.500 1 5 4',
    theme: 'M8 2.500a5.500 5.500 0 100 11zM8 2.500a5.500 5.500 0 010 11', zoom: 'M2.500 6v-3.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10',
  };
  return svg('svg', { viewBox: '0 0 16 16', class: `icon ${name}`, 'aria-hidden': 'true' }, svg('path', { d: paths[name] }));
}

export function fill(node, ...children) {
  node.replaceChildren(...children.flat(3).filter((one) => one !== null && one !== undefined && one !== false));
  return node;
}
