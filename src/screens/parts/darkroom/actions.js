// What each action of a key does; the names are those in keys.js.

const ACTIONS = {
  nextGroup: (room) => room.walk(1),
  previousGroup: (room) => room.walk(-1),
  nextPhoto: (room) => room.group.focusPhoto(room.group.index + 1),
  previousPhoto: (room) => room.group.focusPhoto(room.group.index - 1),
  toggleShown: (room) => room.group.toggle(room.group.index),
  toggleNumber: (room, key) => room.group.toggle(Number(key) - 1),
  keepAll: (room) => room.group.keepAll(),
  keepOnly: (room) => room.group.keepOnly(),
  accept: (room) => room.group.accept(),
  apart: (room) => room.apart(room.group.group),
  loupe: (room) => room.group.compare("loupe"),
  compare: (room) => room.group.compare("side"),
  nextRow: (room) => room.list.move(1),
  previousRow: (room) => room.list.move(-1),
  groups: (room) => room.inGroup && room.goList(),
  undo: (room) => room.undo("undo"),
  redo: (room) => room.undo("redo"),
  fullScreen: (room) => room.fullScreen(),
  help: (room) => room.help(),
  escape: (room) => (room.inGroup ? room.group.escape() || room.goList() : room.list.clear()),
};

export function perform(room, { action, key }) {
  ACTIONS[action](room, key);
}
