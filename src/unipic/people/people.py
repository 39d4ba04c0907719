"""People of a library: who is in its photos, and all that a person may say about it. Pages and commands use this.

Every method that changes something takes one step, which `undo` takes back. What somebody else said meanwhile, in
another tab or process, is taken over first; `notices` says so where it matters.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from unipic.core.errors import DecisionsUnreadable, ModelError, SettingsError
from unipic.core.face import Face
from unipic.core.language import gettext as _, kept
from unipic.core.words import count
from unipic.library.appearances import Appearance, appearances, days, store
from unipic.library.faces import faces as faces_in, forget_these, never_again
from unipic.library.persons import Change, Person, Persons, Says, Step, checked_day, day_of, new_id, person_name
from unipic.library.reader import Reader
from unipic.library.searchable import copies
from unipic.people.attach import era_of
from unipic.people.grouping import VERSION, How, group_all, group_more
from unipic.people.limits import DLIB, REGROUP_AFTER, FaceLimits
from unipic.people.linking import vectors_of
from unipic.people.rulings import NOTHING, Finder, Heard, Said
from unipic.people.settling import Kind, Known, Somebody, settle
from unipic.vision.registry import face_encoder_key

Told = tuple[str, str, Says]  # (face, person, says)


class Together(SettingsError):
    """Two persons that cannot be joined just so: photos show both."""

    def __init__(self, photos: Collection[str]) -> None:
        super().__init__(
            _(
                "they are together in {photos}. Are they the same person twice, as in a mirror or a collage, "
                "or is one face in the wrong place?",
                photos=count(len(photos), "photo"),
            )
        )
        self.photos = sorted({photo.partition(" ")[0] for photo in photos})  # digests


class People:
    """Everybody in the photos of a library. For one thread.

    Rulings are taken over as they come; for new faces, and groups that another process made, it is opened anew.
    """

    def __init__(
        self,
        reader: Reader,
        faces: Sequence[Face],
        key: str = "",
        limits: FaceLimits = DLIB,
        known: Known | None = None,
    ) -> None:
        """`faces`: all that were found, with vectors; `key`: of the network that made these.

        `known`: of the photos; None for what the library knows.
        """
        self.notices: list[str] = []  # what others said meanwhile, for people
        self.limits, self.records = limits, Persons(reader.data)
        self._reader = reader
        self._made = f"{VERSION} {key} {limits}"
        self._known = known or Known(days(reader), copies(reader))
        self._before: Mapping[str, Somebody] = {}  # the people of the last look, by id
        self._rows: list[Person] = []
        self._version: str | None = None  # of the records at the last look
        self._stored: dict[str, Appearance] = {}  # by the keys of faces
        self._take(faces)

    # What there is.

    @cached_property
    def everybody(self) -> dict[str, Somebody]:
        """All by id, those in most photos first. Each face that is one is in exactly one of them."""
        groups = {key: one.group for key, one in self._stored.items() if one.group}
        found = settle(self._faces, groups, self.heard, self._rows, self._known)
        return {one.id: one for one in found}

    def of_kind(self, kind: Kind) -> list[Somebody]:
        """Those that have a name, are in enough photos, are of no interest or are hidden: in most photos first."""
        return [one for one in self.everybody.values() if one.kind == kind]

    def unfound(self, id: str) -> list[str]:
        """Keys of faces that people said are this person's, and that no detector finds now."""
        return [key for key, its in self.heard.unfound.items() if its.person == id]

    @property
    def faces(self) -> list[Face]:
        """All faces that were found."""
        return list(self._faces)

    @property
    def not_faces(self) -> list[Face]:
        """What people said is no face."""
        return [face for face in self._faces if self.heard.of.get(face.key, NOTHING).no_face]

    def somebody(self, id: str) -> Somebody:
        """The person with this id, or with the faces that had it. SettingsError if there is none."""
        self.refresh()
        if found := self.everybody.get(id):
            return found
        if before := self._before.get(id):
            now = self.of_face(before.faces[0].key) if before.faces else None
            if now:
                if now.row.name:
                    self.notices.append(_("Somebody else named this person {name} meanwhile.", name=now.row.name))
                return now
        raise SettingsError(_("there is no person {id!r} any more", id=id))

    def of_face(self, key: str) -> Somebody | None:
        """Whose face it is."""
        id = self._whose.get(key)
        return self.everybody[id] if id else None

    def likeness(self, face: Face, somebody: Somebody) -> float | None:
        """0 to 100: how sure this face is the person's, by the others; None if nothing tells."""
        others = [one for one in somebody.clear if one.key != face.key]
        if face.vector is None or not others:
            return None
        return self.limits.likeness(float(vectors_of(others).mean(axis=0) @ face.vector))

    # Grouping.

    def group(self, tidy: bool = False, how: How = "linkage") -> int:
        """Group the faces that are new; all anew if there are many, or to `tidy` up. Returns how many are new."""
        self.refresh()
        known = {key: one.group for key, one in self._stored.items()}
        there = {face.key: face for face in self._faces}
        new = there.keys() - known.keys()
        grown = {key for key, one in self._stored.items() if one.grown}
        whole = tidy or how != "linkage" or not known or len(new | grown) >= REGROUP_AFTER
        if not (whole or new or known.keys() - there.keys()):
            return 0
        born = {one.id: day_of(one.born) for one in self._rows}
        said, limits = self.heard.of, self.limits

        def era(face: Face, person: str) -> int:
            return era_of(self._known.days.get(face.digest), born.get(person))

        if whole:
            groups = group_all(self._faces, said, limits, era, how)
        else:
            groups = group_more(self._faces, {k: g for k, g in known.items() if g}, said, limits, era)
        self._stored = {key: Appearance(groups.get(key, ""), "", not whole and key in new | grown) for key in there}
        self._look(gone=known.keys() - there.keys(), all_rows=True)
        return len(new)

    # What people say.

    def name(self, id: str, name: str, born: str = "") -> Somebody:
        """Name a person; `born` as "2015", "2015-03" or "2015-03-14", "" to leave it. SettingsError."""
        some, name = self.somebody(id), person_name(name)
        return self._put(some, kept("named {name}", name=name), name=name, born=checked_day(born) or some.row.born)

    def born(self, id: str, day: str) -> Somebody:
        """Say when a person was born; "" for not known. Children are compared with themselves at that age."""
        return self._put(self.somebody(id), kept("birth date"), born=checked_day(day))

    def hide(self, id: str, on: bool = True) -> Somebody:
        """Hide a person from the lists, or show it again."""
        return self._put(self.somebody(id), "hidden" if on else "shown", hidden=on)

    def cover(self, id: str, face: str) -> Somebody:
        """Choose the face, by its key, that stands for a person."""
        return self._put(self.somebody(id), "cover", cover=self._face(face).key)

    def join(self, ids: Sequence[str], twice: bool = False) -> Somebody:
        """Make one person of several: of a named one if there is one, else of the first.

        Together if photos show two of them, unless they may be `twice` in a photo, as in a mirror.
        """
        several = list({one.id: one for one in map(self.somebody, ids)}.values())
        several.sort(key=lambda one: (not one.row.name, not one.kept))
        whole, *others = several
        shared = self._shared(several)
        if shared and not twice:
            raise Together(shared)
        row = self._row(whole)
        row = replace(row, hidden=False, born=row.born or next((one.row.born for one in others if one.row.born), ""))
        says = [*self._claims(whole, row.id), *(told for one in others for told in self._handed_on(one, row.id))]
        says += [(face.key, row.id, "twice") for one in several for face in one.faces if face.picture in shared]
        ended = tuple(one.id for one in others if one.kept and not one.nobody)
        words = _("joined {people}", people=count(len(several), "person", "people"))
        return self._step(Change(words, (row,), ended, tuple(says)), row.id)

    def split(self, faces: Sequence[str], to: str = "") -> Somebody:
        """Make another person of faces, by their keys, or give them to the one with the id `to`."""
        moved = [self._face(key) for key in faces]
        goal = self.somebody(to) if to else None
        row = self._row(goal) if goal else Person(new_id())
        rows, says = {row.id: row}, [*(self._claims(goal, row.id) if goal else ())]
        for some in self._whose_faces(moved):  # the others stay where they are
            if some.id != row.id:
                old = self._row(some)
                rows |= {old.id: old}
                says += [told for told in self._claims(some, old.id) if told[0] not in faces]
        says += [(face.key, row.id, "is") for face in moved]
        return self._step(
            Change(kept("moved {faces}", faces=count(len(moved), "face")), (*rows.values(),), says=tuple(says)), row.id
        )

    def is_not(self, faces: Sequence[str], id: str) -> Somebody:
        """Say that faces, by their keys, are not a person's, which holds for good. Returns the person."""
        some, moved = self.somebody(id), [self._face(key) for key in faces]
        row = self._row(some)
        says = [told for told in self._claims(some, row.id) if told[0] not in faces]
        says += [(face.key, row.id, "is not") for face in moved]
        return self._step(Change(kept("not {name}", name=row.name or "this person"), (row,), says=tuple(says)), row.id)

    def apart(self, one: str, other: str) -> Somebody:
        """Say that two faces, by their keys, are not one person's. Returns whose the first is."""
        some = self.of_face(self._face(one).key)
        if some is None:
            raise SettingsError(_("the first is said to be no face"))
        return self.is_not([other], some.id)

    def no_face(self, faces: Sequence[str]) -> None:
        """Say that these, by their keys, are no faces of people: statues, dogs, posters."""
        keys = [self._face(key).key for key in faces]
        self._step(Change(kept("not a face"), says=tuple((key, "", "no face") for key in keys)))

    def nobody(self, ids: Sequence[str]) -> None:
        """Say that these are of no interest; they stay among everyone else, with faces like theirs that come."""
        says: list[Told] = []
        ended = []
        for some in map(self.somebody, ids):
            label = new_id()
            says += [(face.key, label, "nobody") for face in some.faces]
            ended += [some.id] if some.kept and not some.nobody else []
        self._step(Change("nobody", (), tuple(ended), tuple(says)))

    def twice(self, faces: Sequence[str]) -> Somebody:
        """Say that faces of one photo, by their keys, are one person's, as in a mirror or a collage."""
        return self.join([some.id for some in self._whose_faces([self._face(key) for key in faces])], twice=True)

    def undo(self) -> Step | None:
        """Take back the newest step; None if there is none."""
        step = self.records.undo()
        self._look()
        return step

    def forget(self, id: str, again: bool = True) -> int:
        """Delete a person: name, what was said of its faces, their numbers and pictures. Returns how many rulings.

        No step can be undone then, and only another network finds these faces again. UnipicError if something reads the
        index for so long that bytes of them may be left in its file. Not `again`: what is found of the person later is
        deleted at once; to know whom, the mean of the faces is kept until all faces are deleted.
        """
        some = self.somebody(id)
        if not again and (clear := some.clear):
            mean = vectors_of(clear).mean(axis=0)
            never_again(self._reader, mean / np.linalg.norm(mean))
        keys = {face.key for face in some.faces}
        rulings = self.records.forget([some.id], keys)
        store(self._reader, self._made, {}, keys)
        forget_these(self._reader, some.faces)
        self._take([face for face in self._faces if face.key not in keys])
        return rulings

    def tell(self, change: Change) -> Step:
        """Take a step that somebody put together, such as an answer, without looking at everything again."""
        step = self.records.do(change)
        rows: dict[str, Appearance] = {}
        for face, person, says in change.says:
            before = self._stored.get(face)
            if before and (says in ("is", "no face", "nobody") or (says == "is not" and before.person == person)):
                rows[face] = replace(before, person=person if says == "is" else "")
        self._stored.update(rows)
        store(self._reader, self._made, rows)
        return step

    # Inside.

    def _take(self, faces: Sequence[Face]) -> None:
        """Begin with these faces."""
        self._faces = list(faces)
        self._finder = Finder(faces, self._known.same)
        self._stored = appearances(self._reader, self._made)
        self._look()

    def _step(self, change: Change, id: str = "") -> Somebody:
        self.records.do(change)
        self._look()
        return self.everybody[id] if id else Somebody(Person(""), False, False, (), self._known)

    def _put(self, some: Somebody, words: str, **values: str | bool) -> Somebody:
        """Change values of a person's row, who then keeps its faces."""
        row = replace(self._row(some), **values)  # type: ignore[arg-type]
        return self._step(Change(words, (row,), says=self._claims(some, row.id)), row.id)

    def refresh(self) -> None:
        """Take over what was said since the last look."""
        if self.records.version() != self._version:
            self._look()

    def _look(self, gone: Iterable[str] = (), all_rows: bool = False) -> None:
        """Look at everything anew, and store who is where, so that searches find it."""
        self._before = self.__dict__.pop("everybody", self._before)
        self.__dict__.pop("_whose", None)
        looked, self._version = self._version is not None, self.records.version()
        (self._rows, rulings), before = self.records.all(), self._rows
        changed = {one.id for one in set(self._rows) - set(before)} if looked else set()
        self.heard: Heard = self._finder.hear(rulings)
        rows = {}
        for key, one in self._stored.items():
            some = self.of_face(key)
            who = some.id if some and not some.nobody else ""
            if all_rows or who != one.person or who in changed:  # rows written again tell searches of a new name
                rows[key] = replace(one, person=who)
        if rows or gone:
            self._stored.update(rows)
            store(self._reader, self._made, rows, gone)

    @cached_property
    def _whose(self) -> dict[str, str]:
        return {face.key: one.id for one in self.everybody.values() for face in one.faces}

    def _face(self, key: str) -> Face:
        for some in filter(None, [self.of_face(key)]):
            return next(face for face in some.faces if face.key == key)
        for face in self._faces:
            if face.key == key:
                return face
        raise SettingsError(_("there is no face {key!r}", key=key))

    def _whose_faces(self, faces: Iterable[Face]) -> list[Somebody]:
        found = (self.of_face(face.key) for face in faces)
        return list({one.id: one for one in found if one}.values())

    def _row(self, some: Somebody) -> Person:
        """The person's row; a new one for somebody of whom nothing was said."""
        return some.row if some.kept else Person(new_id())

    def _claims(self, some: Somebody, id: str) -> tuple[Told, ...]:
        """That all faces of somebody are this person's: whatever finds and groups faces later, they stay."""
        of = self.heard.of
        return tuple((face.key, id, "is") for face in some.faces if of.get(face.key, NOTHING).person != id)

    def _handed_on(self, some: Somebody, id: str) -> list[Told]:
        """What was said of somebody, as said of the person that it becomes part of."""
        says: list[Told] = [(key, id, "is") for key in (*(face.key for face in some.faces), *self.unfound(some.id))]
        both: Mapping[str, Said] = {**self.heard.of, **self.heard.unfound}
        return says + [(key, id, "is not") for key, its in both.items() if some.id in its.nots and its.person != id]

    def _shared(self, several: Sequence[Somebody]) -> set[str]:
        """Photos that show two of them, or one twice, where that was not said before."""
        shared, before = set[str](), set[str]()
        for some in several:
            photos = {face.picture for face in some.faces}
            shared |= photos & before
            before |= photos
        return shared


def open_people(reader: Reader) -> People:
    """The people of a library, as they were grouped last. Without faces while it is turned off. ModelError."""
    return People(reader, faces_in(reader, vectors=True), face_encoder_key())


def let_join(reader: Reader) -> list[str]:
    """Let new faces join their persons. Returns notices."""
    try:
        open_people(reader).group()
    except (ModelError, DecisionsUnreadable) as error:
        return [_("{error} Until then new faces are nobody's.", error=error)]
    return []
