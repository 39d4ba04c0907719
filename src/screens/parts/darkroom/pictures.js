// Pictures fetched and decoded ahead, so that the next group is there at once. Only the last few are held on to.

export class Pictures {
  constructor(most = 14) {
    this.most = most;
    this.held = new Map(); // address -> { image, ready }, the one used longest ago first
  }

  /** The picture, and a promise of whether it can be shown. */
  get(address) {
    const found = this.held.get(address) ?? load(address);
    this.held.delete(address);
    this.held.set(address, found);
    for (const [old, { image }] of this.held) {
      if (this.held.size <= this.most) break;
      this.held.delete(old);
      if (!image.isConnected && !image.complete) image.src = ""; // nobody waits for it any more
    }
    return found;
  }

  clear() {
    this.held.clear();
  }
}

/** Whether a picture can be painted, once that is known. */
export function decoded(image) {
  return image.decode().then(
    () => true,
    () => false,
  );
}

function load(address) {
  const image = new Image();
  image.draggable = false;
  image.src = address;
  const found = { image, ready: decoded(image), done: false };
  found.ready.then((good) => (found.done = good));
  return found;
}
