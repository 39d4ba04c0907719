// What each action of a key does; the names are those in keys.js.

const ACTIONS = {
  nextGroup: (page) => page.walk(1),
  previousGroup: (page) => page.walk(-1),
  nextPhoto: (page) => page.group.focusPhoto(page.group.index + 1),
  previousPhoto: (page) => page.group.focusPhoto(page.group.index - 1),
  toggleShown: (page) => page.group.toggle(page.group.index),
  toggleNumber: (page, key) => page.group.toggle(Number(key) - 1),
  keepAll: (page) => page.group.keepAll(),
  keepOnly: (page) => page.group.keepOnly(),
  setAside: (page) => page.group.setAside(),
  accept: (page) => page.group.accept(),
  apart: (page) => page.apart(page.group.group),
  loupe: (page) => page.group.compare("loupe"),
  compare: (page) => page.group.compare("side"),
  faces: (page) => page.group.faces(),
  hdr: (page) => page.group.made("hdr"),
  composite: (page) => page.group.made("composite"),
  nextRow: (page) => page.list.move(1),
  previousRow: (page) => page.list.move(-1),
  groups: (page) => page.store.selection.inGroup && page.goList(),
  undo: (page) => page.undo("undo"),
  redo: (page) => page.undo("redo"),
  fullScreen: (page) => page.fullScreen(),
  help: (page) => page.help(),
  escape: (page) => (page.store.selection.inGroup ? page.group.escape() || page.goList() : page.list.clear()),
};

export function perform(page, { action, key }) {
  ACTIONS[action](page, key);
}
