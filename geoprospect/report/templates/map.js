"use strict";
(async () => {
  const item = JSON.parse(document.getElementById("map-item").textContent);
  await Bokeh.embed.embed_item(item, "plot");
  const model = (name) => Bokeh.documents[0].get_model_by_name(name);
  const plot = model("map");
  const sources = { target: model("targets_source"), area: model("areas_source") };

  const buttons = [...document.querySelectorAll("[data-map]")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const each of buttons) {
        const shown = each === button;
        each.setAttribute("aria-pressed", shown);
        model(each.dataset.map).visible = shown;
        document.querySelector(`[data-key="${each.dataset.map}"]`).hidden = !shown;
      }
    });
  }

  // The view around one outline, with room about it and cells as wide as high.
  const zoom = (source, position) => {
    const flat = (parts) => parts.flat(Infinity);
    const xs = flat(source.data.xs[position]), ys = flat(source.data.ys[position]);
    const span = (values) => [Math.min(...values), Math.max(...values)];
    const [west, east] = span(xs), [south, north] = span(ys);
    const perPixel = Math.max((east - west) / plot.inner_width, (north - south) / plot.inner_height);
    const [dx, dy] = [plot.inner_width, plot.inner_height].map((size) => 0.9 * perPixel * size);
    const [x, y] = [(west + east) / 2, (south + north) / 2];
    plot.x_range.setv({ start: x - dx, end: x + dx });
    plot.y_range.setv({ start: y - dy, end: y + dy });
  };

  const line = (parent, tag, text) => {
    const made = document.createElement(tag);
    made.textContent = text;
    parent.append(made);
    return made;
  };
  const words = JSON.parse(document.getElementById("map-words").textContent);
  const said = (name, ...values) => words[name].replace(/\{(\d)\}/g, (_, n) => values[n]);
  const degrees = (value, plus, minus) =>
    said(value < 0 ? minus : plus, Math.abs(value).toFixed(5));
  const card = document.getElementById("card");
  const show = (position) => {
    const data = sources.target.data;
    const told = (name) => data[name][position];
    const fixed = (name) => (told(name) === null ? "–" : told(name).toFixed(2));
    const far = told("nearest_deposit_m");
    card.replaceChildren();
    line(card, "h3", told("label"));
    line(card, "p", said("numbers", fixed("score"), fixed("max_prospectivity"), fixed("spread"),
      fixed("area_km2"), degrees(told("longitude"), "east", "west"),
      degrees(told("latitude"), "north", "south")));
    const reasons = line(card, "ul", "");
    for (const name of ["driver_1", "driver_2", "driver_3"]) {
      if (told(name)) line(reasons, "li", told(name));
    }
    if (far !== null) {
      const name = told("nearest_deposit");
      const away = far < 1 ? words.inside : far < 1000
        ? said("metres", far.toFixed(0))
        : said("kilometres", (far / 1000).toFixed(1));
      line(card, "p", name ? said("named", away, name) : away);
    }
    card.hidden = false;
  };

  document.addEventListener("pick", ({ detail }) => {
    const source = sources[detail.kind];
    if (!source) return;
    if (detail.kind === "target") {
      source.selected.indices = [detail.position];
      show(detail.position);
    }
    if (detail.from === "table") {
      zoom(source, detail.position);
      document.getElementById("stage").scrollIntoView({ block: "start" });
    }
  });
  sources.target.selected.properties.indices.change.connect(() => {
    const [position] = sources.target.selected.indices;
    const row = document.querySelector('tr.picked[data-pick="target"]');
    if (position === undefined) card.hidden = true;
    else if (!row || Number(row.dataset.position) !== position) pick("target", position, "map");
  });
  document.documentElement.dataset.map = "ready";
})();
