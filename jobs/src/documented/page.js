"use strict";
const search = document.getElementById("search");
const found = document.getElementById("found");
const entries = [...document.querySelectorAll(".entry")].map((entry) => [entry, entry.textContent.toLowerCase()]);
const rest = [document.getElementById("graph"), ...document.querySelectorAll("h2.of-layer")];
function look() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const [entry, text] of entries) {
    entry.hidden = !words.every((word) => text.includes(word));
    count += entry.hidden ? 0 : 1;
  }
  for (const part of rest) part.hidden = words.length > 0;
  found.textContent = words.length ? count + " found" : "";
}
search.addEventListener("input", look);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  }
});
for (const link of document.querySelectorAll(".graph a")) {
  const name = link.dataset.name;
  const near = [...document.querySelectorAll(".graph path")].filter((path) => path.dataset.from === name || path.dataset.to === name);
  for (const [event, on] of [["mouseenter", true], ["mouseleave", false], ["focus", true], ["blur", false]]) {
    link.addEventListener(event, () => near.forEach((path) => path.classList.toggle("near", on)));
  }
}
