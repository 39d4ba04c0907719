// The geometry of looking closer; numbers only, no page.
//
// A view is {x, y, zoom}. x and y name the point of the picture, as a fraction of its sides, that lies in the
// middle of the box; zoom 1 shows all of the picture. So one view means the same part at the same size for every
// copy of a photo, whatever its resolution. A box and a picture are {width, height}; a point counts from the
// box's corner.

export const WHOLE = Object.freeze({ x: 0.5, y: 0.5, zoom: 1 });
const CLOSEST = 8; // 800 %
const SHAPES_AGREE = 0.02;

/** Screen pixels per pixel of the picture when all of it is seen; small pictures are enlarged. */
export function fitScale(box, picture) {
  return Math.min(box.width / picture.width, box.height / picture.height) || 1;
}

/** The zoom at which a picture's pixel is one of the screen; where that is no closer, twice the whole. */
export function hundred(box, picture) {
  const zoom = 1 / fitScale(box, picture);
  return zoom > 1.05 ? zoom : 2;
}

/** The closest zoom: 800 % of the largest picture. */
export function closest(box, pictures) {
  const largest = pictures.reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a));
  return Math.max(2, CLOSEST / fitScale(box, largest));
}

/** The nearest view that shows no void where there is picture; of several, as far as any of them allows. */
export function clamp(view, box, pictures, most = Infinity) {
  const zoom = Math.min(Math.max(view.zoom, 1), most);
  const keep = (side, value) => {
    const margins = pictures.map((picture) => {
      const seen = box[side] / (picture[side] * fitScale(box, picture) * zoom); // part of the side
      return Math.min(seen / 2, 0.5) || 0.5;
    });
    const margin = Math.min(...margins);
    return Math.min(Math.max(value, margin), 1 - margin);
  };
  return { x: keep("width", view.x), y: keep("height", view.y), zoom };
}

/** Closer by a factor, with the same spot of the picture still under the point. */
export function zoomAt(view, point, factor, box, picture, most = Infinity) {
  const zoom = Math.min(Math.max(view.zoom * factor, 1), most);
  const across = (side, offset) => {
    const whole = picture[side] * fitScale(box, picture);
    return offset / (whole * view.zoom) - offset / (whole * zoom);
  };
  return {
    x: view.x + across("width", point.x - box.width / 2),
    y: view.y + across("height", point.y - box.height / 2),
    zoom,
  };
}

/** As if the picture were dragged by so many pixels of the screen. */
export function pan(view, dx, dy, box, picture) {
  const scale = fitScale(box, picture) * view.zoom;
  return { ...view, x: view.x - dx / (picture.width * scale), y: view.y - dy / (picture.height * scale) };
}

/** For an element as large as the whole picture at fit, in the box's corner, with its origin there. */
export function toTransform(view, box, picture) {
  const scale = fitScale(box, picture) * view.zoom;
  const left = box.width / 2 - view.x * picture.width * scale;
  const top = box.height / 2 - view.y * picture.height * scale;
  return `translate(${left.toFixed(2)}px, ${top.toFixed(2)}px) scale(${view.zoom.toFixed(5)})`;
}

export function middle(box) {
  return { x: box.width / 2, y: box.height / 2 };
}

/** Whether one can be laid over the other. */
export function sameShape(a, b) {
  const ratio = (a.width * b.height) / (a.height * b.width);
  return Math.abs(ratio - 1) <= SHAPES_AGREE;
}
