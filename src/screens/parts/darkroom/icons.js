// Small line drawings, 24 x 24. They stand beside words, or on a button that has a name: never alone.

const LINES = {
  star: "M12 3.5 14.7 9l6 .8-4.4 4.2 1.1 6L12 17.1 6.6 20l1.1-6L3.3 9.8l6-.8z",
  check: "M4.5 12.5 9.5 17.5 19.5 7",
  cross: "M6 6 18 18M18 6 6 18",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  doubt: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M9.5 9.7a2.5 2.5 0 1 1 3.7 2.2c-.8.4-1.2.9-1.2 1.8M12 16.7v.1",
  undo: "M8 5 4 9l4 4M4 9h9.5a5.5 5.5 0 0 1 0 11H8",
  redo: "M16 5l4 4-4 4M20 9h-9.5a5.5 5.5 0 0 0 0 11H16",
  groups: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  left: "M14.5 5.5 8 12l6.5 6.5",
  right: "M9.5 5.5 16 12l-6.5 6.5",
  screen: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  keys: "M3 6h18v12H3zM7 10h.1M12 10h.1M17 10h.1M8 14h8",
  loupe: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5 20.5 20.5",
  compare: "M3 5h18v14H3zM12 5v14",
  identical: "M4 4h11v11H4zM9 15v5h11V9h-5",
  same: "M3 5h18v14H3zM6 16l4.5-5 3.5 3.5 2-2 2.5 3.5M15.5 9h.1",
  holds: "M3 5h12v12H3zM6 14l3-3.5 2 2 2-2.5M18 9v11H7M18 5v.1M21 5v.1",
  clutter: "M3 13h5l1.5 3h5L16 13h5v6H3zM3 13l3-8h12l3 8",
  similar: "M3 8h12v11H3zM6 8V5.5h12V16h-3M18 8h3v6",
  apart: "M10 12H3M6 9l-3 3 3 3M14 12h7M18 9l3 3-3 3M12 5v14",
  more: "M5 12h.1M12 12h.1M19 12h.1",
  warning: "M12 4 2.5 20h19zM12 10v5M12 17.5v.1",
  open: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16",
  started: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4l3 2",
  remembered: "M4 12a8 8 0 1 0 2.5-5.8L4 8.5M4 4v4.5h4.5M12 8v4.5l3 1.5",
  heart: "M12 20S3.5 14.8 3.5 9A4.6 4.6 0 0 1 12 6.6 4.6 4.6 0 0 1 20.5 9c0 5.8-8.5 11-8.5 11z",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 11v5.5M12 7.7v.1",
  tag: "M4 4h8l8.5 8.5-8 8L4 12zM8 8h.1",
  album: "M4 6h16v14H4zM7 3h10M8.5 16.5l3-3.5 2 2 1.5-1.5 2 3",
  note: "M5 4h14v16H5zM8.5 9h7M8.5 12.5h7M8.5 16h4",
  export: "M12 4v11M7.5 8.5 12 4l4.5 4.5M5 14v6h14v-6",
  folder: "M3 6h6l2 2.5h10V19H3z",
  sort: "M4 7h16M7 12h10M10 17h4",
  tie: "M5 9.5h14M5 14.5h14",
  small: "M8 9h8v6H8z",
  faces: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M9 10v.1M15 10v.1M8.5 14.5c2 2.3 5 2.3 7 0",
  eye: "M2.5 12s3.5-6 9.5-6 9.5 6 9.5 6-3.5 6-9.5 6-9.5-6-9.5-6M12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4",
  asleep: "M2.5 10s3.5 5.5 9.5 5.5 9.5-5.5 9.5-5.5M5.5 14 4 16.5M12 15.5v3M18.5 14l1.5 2.5",
  all: "M3 12.5 7.5 17 15 8M12 16l1 1L21 8",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", LINES[name]);
  svg.append(path);
  return svg;
}
