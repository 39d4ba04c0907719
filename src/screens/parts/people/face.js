// A face, cut out of its photo's thumbnail by the browser.

import { h } from "../darkroom/dom.js";

const MARGIN = 1.5; // of what is shown to the box of the face

/** A square with the face in it, as wide as the style of its class says. `alt`: "" where words beside it say who it is. */
export function faceOf(face, alt = "") {
  const frame = h("span", { class: "face" });
  if (!face) return frame;
  if (face.at != null) return ofFilm(frame, face, alt);
  const image = h("img", { alt, loading: "lazy", draggable: false, src: face.src ?? `/unipic/thumb/library/${face.digest}` });
  const fit = () => {
    const { naturalWidth: width, naturalHeight: height } = image;
    if (!width) return;
    const [left, top, right, bottom] = face.box;
    const side = Math.max((right - left) * width, (bottom - top) * height) * MARGIN;
    const share = (length) => `${(100 * length) / side}%`;
    image.style.width = share(width);
    image.style.left = share(side / 2 - ((left + right) / 2) * width);
    image.style.top = share(side / 2 - ((top + bottom) / 2) * height);
    frame.classList.add("there");
  };
  image.addEventListener("load", fit);
  frame.append(image);
  return frame;
}

/** A face in a film was cut out when it was found: the picture of the film shows another moment. */
function ofFilm(frame, face, alt) {
  const box = face.key.slice(face.key.indexOf(" ") + 1);
  const image = h("img", { alt, loading: "lazy", draggable: false, src: `/unipic/people/chip/${face.digest}?box=${encodeURIComponent(box)}` });
  image.style.width = "100%";
  image.addEventListener("load", () => frame.classList.add("there"));
  frame.append(image);
  return frame;
}
