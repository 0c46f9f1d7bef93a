"use strict";
// Sorting: by the cells' data-value where there is one, unknown last either way.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const heads = [...table.tHead.rows[0].cells];
  const value = (row, column) => {
    const cell = row.cells[column];
    const given = cell.dataset.value;
    if (given === undefined) return cell.textContent.trim();
    return given === "" ? null : Number(given);
  };
  const order = (a, b) =>
    typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true });
  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const first = head.dataset.first || "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const direction = head.getAttribute("aria-sort") === first ? other : first;
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", direction);
      const sign = direction === "ascending" ? 1 : -1;
      const rows = [...table.tBodies[0].rows];
      rows.sort((one, two) => {
        const [a, b] = [value(one, column), value(two, column)];
        if (a === null || b === null) return (a === null) - (b === null);
        return sign * order(a, b);
      });
      table.tBodies[0].append(...rows);
    });
  });
}
// Picking: a row tells the map, the map tells the rows. detail: {kind, position, from}
const pick = (kind, position, from) =>
  document.dispatchEvent(new CustomEvent("pick", { detail: { kind, position, from } }));
for (const row of document.querySelectorAll("tr[data-pick]")) {
  const chosen = () => pick(row.dataset.pick, Number(row.dataset.position), "table");
  row.addEventListener("click", chosen);
  row.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); chosen(); }
  });
}
document.addEventListener("pick", ({ detail }) => {
  for (const row of document.querySelectorAll("tr[data-pick]")) {
    const same = row.dataset.pick === detail.kind && Number(row.dataset.position) === detail.position;
    row.classList.toggle("picked", same);
    row.setAttribute("aria-selected", same);
  }
});
// The section in view, in the navigation.
if ("IntersectionObserver" in window) {
  const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const [name, link] of links) link.classList.toggle("here", name === entry.target.id);
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  for (const section of document.querySelectorAll("section[id]")) watcher.observe(section);
}
