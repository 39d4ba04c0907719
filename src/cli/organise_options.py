"""The options of `organise`: what the tree is like, and how it is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cli.options import option
from unipic.core.errors import SettingsError

if TYPE_CHECKING:
    from unipic.albums.plan import Wish

_tree, _how = map(option, ("The tree", "How it is made"))


@dataclass(frozen=True)
class Layout:
    to: Annotated[Path | None, _tree("--to", "The folder to write the tree into. It may hold an earlier one.")] = None
    tree: Annotated[str, _tree("--tree", "groups (similar shots, each with its best), dates or events.")] = "groups"
    pattern: Annotated[
        str,
        _tree("--pattern", "Folders of --tree dates, of {year} {month} {day} {hour} {camera} {event} {group} {ext}."),
    ] = "{year}/{month}/{day}"
    rename: Annotated[
        str, _tree("--rename", 'New names, as "{year}{month}{day}_{hour}{minute}{second}_{name}", or with {n}.')
    ] = ""
    best_only: Annotated[bool, _tree("--best-only", "Write only the recommended shot of each group.")] = False
    no_singles: Annotated[bool, _tree("--no-singles", "Leave out photos like no other.")] = False
    trust_mtime: Annotated[
        bool, _tree("--trust-mtime", "Use the file's own time for photos without a capture time.")
    ] = False

    def wish(self, only_copies: bool) -> Wish:
        """SettingsError for a pattern or a kind of tree that cannot be used."""
        from unipic.albums.plan import Wish

        kind: Any = self.tree
        return Wish(kind, self.pattern, self.rename, not self.no_singles, self.best_only, only_copies)


@dataclass(frozen=True)
class Making:
    link: Annotated[str, _how("--link", "copy (verified), reflink, hardlink or symlink.")] = "copy"
    absolute: Annotated[bool, _how("--absolute", "With --link symlink: links name the whole path.")] = False
    strip_location: Annotated[
        bool, _how("--strip-location", "Remove the location from every copy (needs exiftool).")
    ] = False
    look: Annotated[
        str, _how("--as", "Write copies by a preset, as web or print-10x15, in place of the files (docs/presets.md).")
    ] = ""
    hdr: Annotated[bool, _how("--hdr", "Merge exposure brackets, beside their originals (with --tree groups).")] = False
    hdr_format: Annotated[str, _how("--hdr-format", "Of merges: jpeg, or tiff with 16 bits.")] = "jpeg"
    open_eyes: Annotated[
        str,
        _how(
            "--open-eyes", "propose: offer composites where the best shot has shut eyes (experimental); each is asked."
        ),
    ] = ""
    limit: Annotated[int | None, _how("--limit", "Only the first N photos, by path.")] = None
    dry_run: Annotated[bool, _how("--dry-run", "Only print the tree. Nothing is written anywhere.")] = False
    watch: Annotated[bool, _how("--watch", "Go on: add new photos when they have arrived.")] = False
    every: Annotated[str, _how("--every", "With --watch: how often to look, as 60s, 5m, 1h.")] = "60s"
    fresh: Annotated[bool, _how("--fresh", "Ignore what is remembered of these photos, and remember nothing.")] = False
    as_json: Annotated[bool, _how("--json", "Print the plan and what became of it as JSON.")] = False

    def check(self) -> None:
        """SettingsError for options that exclude each other."""
        if self.watch and (self.dry_run or self.limit):
            raise SettingsError("--watch goes on for good; leave out --dry-run and --limit")
        if self.limit is not None and self.limit < 1:
            raise SettingsError(f"--limit is a number above 0, not {self.limit}")
        if self.look and (self.hdr or self.open_eyes or self.strip_location or self.link != "copy"):
            raise SettingsError(
                "--as makes new copies, and its preset says what they tell; leave out --hdr, --open-eyes, "
                "--strip-location and --link"
            )
        if self.hdr_format not in ("jpeg", "tiff"):
            raise SettingsError(f"--hdr-format is jpeg or tiff, not {self.hdr_format!r}")
        if self.open_eyes not in ("", "propose"):
            raise SettingsError(f"--open-eyes is propose, not {self.open_eyes!r}: a composite is never made unasked")
        if self.open_eyes and (self.watch or self.dry_run):
            raise SettingsError("--open-eyes asks about composites in a finished tree; leave out --watch and --dry-run")
        if self.absolute and self.link != "symlink":
            raise SettingsError("--absolute is for --link symlink")
