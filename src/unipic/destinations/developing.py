"""Copies by a preset: named by its pattern, cut around faces, made in workers. Destinations write and verify them."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from unipic.albums.crop import Crop, Head, crop_of, in_words
from unipic.albums.folders import event_folders
from unipic.albums.heads import Heads, head_finder
from unipic.albums.plan import Tree, renamed, words_of
from unipic.albums.presets import Preset
from unipic.core.face import Box
from unipic.core.language import kept
from unipic.core.photo import Photo, is_preview
from unipic.core.settings import Limits, Settings
from unipic.destinations.base import MANIFEST, Item
from unipic.destinations.crops import SIDE, engine_of
from unipic.destinations.names import export_names
from unipic.reading.cropping import Picture, picture
from unipic.reading.engines.base import Engine, Failure
from unipic.reading.rendering import Render, Rendered, Style, render
from unipic.review.outcomes import Outcome

BYTES_PER_PIXEL = 0.7  # more than a detailed photo takes as a JPEG of quality 95
IN_IMMICH = kept("lies in Immich, and only a preview of it is here")


@dataclass(frozen=True)
class Developer:
    """Makes the copies of one export. Workers and the finder of faces are opened when they are needed."""

    preset: Preset
    settings: Settings = field(default_factory=Settings)

    @property
    def style(self) -> Style:
        """What all copies have in common."""
        one = self.preset
        shape = one.shape == "fill", one.dpi if one.printed else 0, one.bleed_pixels
        return Style(one.pixels, *shape, one.format, one.quality, one.metadata)

    @property
    def keeps_place(self) -> bool:
        """Whether copies tell where their photos were taken."""
        return self.preset.metadata == "kept"

    def only(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The photos that are kept, alone: a film, a raw file or a sidecar has no size on paper."""
        return [
            replace(one, file=replace(one.file, companions=()))
            for one in outcomes
            if one.fate == "kept" and isinstance(one.file, Photo)
        ]

    def items(self, outcomes: Sequence[Outcome]) -> list[Item]:
        """One item for each of the outcomes that only() gives, in the folder where the photo lies."""
        chosen = [(one, one.file) for one in outcomes if isinstance(one.file, Photo)]
        names = self._names([photo for _, photo in chosen])
        wished = [[f"{photo.name.rpartition('/')[0]}/{names[photo.id]}".lstrip("/")] for _, photo in chosen]
        free = export_names(wished, reserved=[MANIFEST])
        return [self.item(one, photo, name) for (one, photo), (name,) in zip(chosen, free, strict=True)]

    def item(self, outcome: Outcome, photo: Photo, name: str) -> Item:
        """The copy of a photo, with the bytes it may take."""
        wide, high = self.preset.pixels
        pixels = wide * high if self.preset.printed else min(wide * high, photo.pixels)
        return Item(outcome, photo, name, int(pixels * BYTES_PER_PIXEL))

    def tree(self, tree: Tree) -> Tree:
        """The same tree of the copies alone."""
        photos = [(one, one.asset) for one in tree.placed if isinstance(one.asset, Photo)]
        plain = self.preset.names == Preset.names  # the names that the tree gives them stay
        names = {} if plain else self._names([photo for _, photo in photos])
        placed = [
            replace(
                one,
                asset=replace(photo, companions=()),
                name=names.get(photo.id, f"{one.name.rpartition('.')[0] or one.name}{self.preset.suffix}"),
            )
            for one, photo in photos
        ]
        return replace(tree, placed=tuple(placed))

    def copies(self, items: Sequence[Item], folder: Path) -> Iterator[tuple[Item, Path, Rendered]]:
        """Each item with its copy in `folder`, a path that whoever takes it deletes, and what became of it."""
        work = partial(_rendered, style=self.style, limits=self.settings.limits)
        for (item, job, told), done in self._engine.map(work, self._jobs(items, folder)):
            made = Rendered(problem=done.reason) if isinstance(done, Failure) else done
            note = "; ".join(filter(None, (made.note, told)))
            yield item, job.target, replace(made, note=note)

    def close(self) -> None:
        """Stop the workers. They are started again when they are needed again."""
        if "_engine" in vars(self):
            vars(self).pop("_engine").close()

    def sample(self, outcomes: Sequence[Outcome]) -> tuple[bytes, str] | None:
        """The copy of the first photo, and what to know of it or why there is none; None without photos."""
        with closing(self), TemporaryDirectory(prefix="unipic-") as folder:
            for _, path, made in self.copies(self.items(self.only(outcomes)[:1]), Path(folder)):
                return (b"" if made.problem else path.read_bytes()), made.problem or made.note
        return None

    def _names(self, photos: Sequence[Photo]) -> dict[str, str]:
        pattern = self.preset.names
        events = event_folders(photos) if "event" in words_of(pattern) else ()
        return {id: name + self.preset.suffix for id, name in renamed(photos, pattern, events).items()}

    def _jobs(self, items: Sequence[Item], folder: Path) -> "Iterator[_Job]":
        if self.preset.shape == "fit":
            yield from ((item, _job(item, folder), "") for item in items)
            return
        look = partial(_look, limits=self.settings.limits)
        for item, seen in self._engine.map(look, items):
            if isinstance(seen, Failure) or seen.rgb is None:
                yield item, _job(item, folder), ""  # render() says what is wrong with it
                continue
            yield item, *self._cut(item, folder, seen)

    def _cut(self, item: Item, folder: Path, seen: Picture) -> tuple[Render, str]:
        """The part of a photo that fills the page. If that would cut a clear face, all of it is shown, smaller."""
        assert seen.rgb is not None
        heads = self._heads([seen.rgb])[0]
        size, page = (seen.width, seen.height), self.style.page_of(seen.width, seen.height)
        larger = _with_bleed(heads, size, page, self.style.bleed)
        crop = crop_of(size, page, larger, seen.subject)
        trimmed = [head for head in larger if self.style.bleed and (min(head.box) < 0 or max(head.box) > 1)]
        if any(head.clear for head in (*trimmed, *(heads[number] for number in crop.cut))):
            return _job(item, folder), kept("shown whole, with a white border, because a face would be cut")
        return _job(item, folder, _in_shares(crop, size)), in_words(crop, heads)

    @cached_property
    def _heads(self) -> Heads:
        return head_finder()

    @cached_property
    def _engine(self) -> Engine:
        return engine_of(self.settings)


_Job = tuple[Item, Render, str]  # and what a person should know of its crop


def _with_bleed(heads: Sequence[Head], size: tuple[int, int], page: tuple[int, int], bleed: int) -> list[Head]:
    """The heads made larger by what is cut off at the edges of the page."""
    scale = min(size[0] / page[0], size[1] / page[1])
    x, y = bleed * scale / size[0], bleed * scale / size[1]
    return [
        replace(head, box=(head.box[0] - x, head.box[1] - y, head.box[2] + x, head.box[3] + y)) if bleed else head
        for head in heads
    ]


def _in_shares(crop: Crop, size: tuple[int, int]) -> Box:
    left, top, right, bottom = crop.box
    return left / size[0], top / size[1], right / size[0], bottom / size[1]


def _job(item: Item, folder: Path, box: Box | None = None) -> Render:
    return Render(item.file.path, folder / uuid.uuid4().hex, box)


def _look(item: Item, limits: Limits) -> Picture:
    return Picture(item.file.path) if is_preview(item.file) else picture(item.file.path, SIDE, limits)


def _rendered(job: _Job, style: Style, limits: Limits) -> Rendered:
    item, wanted, _ = job
    return Rendered(problem=IN_IMMICH) if is_preview(item.file) else render(wanted, style, limits)
