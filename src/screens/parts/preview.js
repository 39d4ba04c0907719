// Rows of pictures. Names are text and never markup.
export default function ({ parentElement, data }) {
  const rows = data.groups.map((group) => {
    const row = document.createElement("div");
    row.append(...group.map(figure));
    return row;
  });
  parentElement.querySelector(".preview").replaceChildren(...rows);
}

function figure({ source, name, facts, word, stays }) {
  const picture = Object.assign(document.createElement("img"), { src: source, alt: name, loading: "lazy" });
  const lines = [word, name, facts].map((text, place) => {
    const line = document.createElement(place ? "span" : "strong");
    line.textContent = text;
    return line;
  });
  const words = document.createElement("figcaption");
  words.append(...lines);
  const made = document.createElement("figure");
  made.className = stays ? "stays" : "goes";
  made.append(picture, words);
  return made;
}
