"use strict";
const samples = [...document.querySelectorAll(".sample")];
const states = [...document.querySelectorAll(".state")];
const text = document.getElementById("text");
const changed = document.getElementById("changed");
function filter() {
  const wanted = new Set(states.filter((box) => box.checked).map((box) => box.value));
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const sample of samples) {
    const inside = words.length ? sample.textContent.toLowerCase() : "";
    const show =
      [...wanted].some((state) => sample.classList.contains(state)) &&
      words.every((word) => inside.includes(word)) &&
      (!changed || !changed.checked || sample.dataset.changed === "1");
    sample.hidden = !show;
    shown += show;
  }
  document.getElementById("shown").textContent = `${shown} of ${samples.length} shown`;
}
document.getElementById("filters").addEventListener("input", filter);
document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
filter();
