"use strict";
// Filters work by the style sheet alone; this adds the search for words and says how many pictures are shown.
(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  const shots = [...document.querySelectorAll(".shot")];
  const words = document.getElementById("words");
  const shown = document.getElementById("shown");
  const texts = new Map();
  const text = (shot) => {
    if (!texts.has(shot)) texts.set(shot, shot.textContent.toLowerCase());
    return texts.get(shot);
  };
  const update = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const shot of shots) {
      shot.hidden = wanted.length > 0 && !wanted.every((word) => text(shot).includes(word));
      if (!shot.hidden && getComputedStyle(shot).display !== "none") count += 1;
    }
    shown.value = count === shots.length ? `all ${count} shown` : `${count} of ${shots.length} shown`;
  };
  document.documentElement.classList.add("scripted");
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  update();
})();
