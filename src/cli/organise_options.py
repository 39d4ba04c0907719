"""The options of `organise`: what the tree is like, and how it is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cli.options import option
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _

if TYPE_CHECKING:
    from unipic.albums.plan import Wish

_tree, _how = map(option, (_("The tree"), _("How it is made")))


@dataclass(frozen=True)
class Layout:
    to: Annotated[Path | None, _tree("--to", _("The folder to write the tree into. It may hold an earlier one."))] = (
        None
    )
    tree: Annotated[str, _tree("--tree", _("groups (similar shots, each with its best), dates or events."))] = "groups"
    pattern: Annotated[
        str,
        _tree(
            "--pattern", _("Folders of --tree dates, of {year} {month} {day} {hour} {camera} {event} {group} {ext}.")
        ),
    ] = "{year}/{month}/{day}"
    rename: Annotated[
        str, _tree("--rename", _('New names, as "{year}{month}{day}_{hour}{minute}{second}_{name}", or with {n}.'))
    ] = ""
    best_only: Annotated[bool, _tree("--best-only", _("Write only the recommended shot of each group."))] = False
    no_singles: Annotated[bool, _tree("--no-singles", _("Leave out photos like no other."))] = False
    trust_mtime: Annotated[
        bool, _tree("--trust-mtime", _("Use the file's own time for photos without a capture time."))
    ] = False

    def wish(self, only_copies: bool) -> Wish:
        """SettingsError for a pattern or a kind of tree that cannot be used."""
        from unipic.albums.plan import Wish

        kind: Any = self.tree
        return Wish(kind, self.pattern, self.rename, not self.no_singles, self.best_only, only_copies)


@dataclass(frozen=True)
class Making:
    link: Annotated[str, _how("--link", _("copy (verified), reflink, hardlink or symlink."))] = "copy"
    absolute: Annotated[bool, _how("--absolute", _("With --link symlink: links name the whole path."))] = False
    strip_location: Annotated[
        bool, _how("--strip-location", _("Remove the location from every copy (needs exiftool)."))
    ] = False
    hdr: Annotated[bool, _how("--hdr", _("Merge exposure brackets, beside their originals (with --tree groups)."))] = (
        False
    )
    hdr_format: Annotated[str, _how("--hdr-format", _("Of merges: jpeg, or tiff with 16 bits."))] = "jpeg"
    open_eyes: Annotated[
        str,
        _how(
            "--open-eyes",
            _("propose: offer composites where the best shot has shut eyes (experimental); each is asked."),
        ),
    ] = ""
    limit: Annotated[int | None, _how("--limit", _("Only the first N photos, by path."))] = None
    dry_run: Annotated[bool, _how("--dry-run", _("Only print the tree. Nothing is written anywhere."))] = False
    watch: Annotated[bool, _how("--watch", _("Go on: add new photos when they have arrived."))] = False
    every: Annotated[str, _how("--every", _("With --watch: how often to look, as 60s, 5m, 1h."))] = "60s"
    fresh: Annotated[bool, _how("--fresh", _("Ignore what is remembered of these photos, and remember nothing."))] = (
        False
    )
    as_json: Annotated[bool, _how("--json", _("Print the plan and what became of it as JSON."))] = False

    def check(self) -> None:
        """SettingsError for options that exclude each other."""
        if self.watch and (self.dry_run or self.limit):
            raise SettingsError(_("--watch goes on for good; leave out --dry-run and --limit"))
        if self.limit is not None and self.limit < 1:
            raise SettingsError(_("--limit is a number above 0, not {limit}", limit=self.limit))
        if self.hdr_format not in ("jpeg", "tiff"):
            raise SettingsError(_("--hdr-format is jpeg or tiff, not {hdr_format!r}", hdr_format=self.hdr_format))
        if self.open_eyes not in ("", "propose"):
            raise SettingsError(
                _(
                    "--open-eyes is propose, not {open_eyes!r}: a composite is never made unasked",
                    open_eyes=self.open_eyes,
                )
            )
        if self.open_eyes and (self.watch or self.dry_run):
            raise SettingsError(
                _("--open-eyes asks about composites in a finished tree; leave out --watch and --dry-run")
            )
        if self.absolute and self.link != "symlink":
            raise SettingsError(_("--absolute is for --link symlink"))
