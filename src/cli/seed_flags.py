"""Flags of Photo Album Organizer, for scripts that were written for it: their meaning here, or what to use instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _, gettext_noop as N_
from unipic.core.settings import COMMAND


def _flag(*names: str) -> Any:
    return typer.Option(*names, hidden=True)


@dataclass(frozen=True)
class Seed:
    """Each is None or False where it was not given."""

    source: Annotated[list[Path] | None, _flag("--source", "-s")] = None
    output: Annotated[Path | None, _flag("--output", "-o")] = None
    threshold: Annotated[int | None, _flag("--threshold", "-t")] = None
    threads: Annotated[int | None, _flag("--threads")] = None
    source_type: Annotated[str, _flag("--source-type")] = "local"
    force_fresh: Annotated[bool, _flag("--force-fresh")] = False
    resume: Annotated[bool, _flag("--resume")] = False
    verbose: Annotated[bool, _flag("--verbose")] = False
    enable_hdr: Annotated[bool, _flag("--enable-hdr")] = False
    enable_face_swap: Annotated[bool, _flag("--enable-face-swap")] = False
    swap_closed_eyes: Annotated[bool, _flag("--swap-closed-eyes/--no-swap-closed-eyes")] = True
    face_backend: Annotated[str, _flag("--face-backend")] = "auto"
    hdr_gamma: Annotated[float | None, _flag("--hdr-gamma")] = None
    state_file: Annotated[Path | None, _flag("--state-file")] = None
    no_verify_ssl: Annotated[bool, _flag("--no-verify-ssl")] = False
    use_full_resolution: Annotated[bool, _flag("--use-full-resolution")] = False
    tag_only: Annotated[bool, _flag("--tag-only")] = False
    create_albums: Annotated[bool, _flag("--create-albums")] = False
    mark_best_favorite: Annotated[bool, _flag("--mark-best-favorite")] = False
    album_prefix: Annotated[str | None, _flag("--album-prefix")] = None
    immich_album: Annotated[str | None, _flag("--immich-album")] = None
    immich_cache_size: Annotated[int | None, _flag("--immich-cache-size")] = None
    immich_cache_dir: Annotated[Path | None, _flag("--immich-cache-dir")] = None
    immich_api_key: Annotated[str | None, _flag("--immich-api-key")] = None

    def check(self) -> None:
        """SettingsError for a flag without a counterpart, with what to use instead."""
        for name, instead in INSTEAD.items():
            if getattr(self, name) not in (None, False):
                raise SettingsError(
                    _(
                        "there is no --{flag} here: {instead}",
                        flag=name.replace("_", "-"),
                        instead=_(instead, command=COMMAND),
                    )
                )
        if self.source_type not in ("local", "immich"):
            raise SettingsError(
                _("--source-type is local or immich, not {source_type!r}", source_type=self.source_type)
            )
        if self.face_backend != "auto":
            raise SettingsError(
                _(
                    "there is one way to find faces here; leave --face-backend {face_backend} out",
                    face_backend=self.face_backend,
                )
            )
        if not self.swap_closed_eyes:
            raise SettingsError(_("only closed eyes are ever replaced, and only on your word; leave this flag out"))

    @property
    def photos(self) -> list[Path]:
        """PHOTOS by the flags: folders, or those of an Immich server."""
        if self.source_type == "immich":
            return [Path(f"immich:album/{self.immich_album}" if self.immich_album else "immich:")]
        return self.source or []

    def settings(self, notice: Callable[[str], None]) -> dict[str, Any]:
        """The settings that the flags stand for. `notice` hears how a threshold was understood."""
        found: dict[str, Any] = {} if self.threads is None else {"workers": self.threads}
        if self.threshold is None:
            return found
        if not 0 <= self.threshold <= 64:
            raise SettingsError(_("--threshold is 0 to 64, not {threshold}", threshold=self.threshold))
        if self.only_copies:
            notice(
                _(
                    "-t {threshold} counted differing bits of a hash; here it means groups of copies only",
                    threshold=self.threshold,
                )
            )
            return found
        similar = next(value for most, value in SIMILAR.items() if self.threshold <= most)
        notice(
            _(
                "-t {threshold} counted differing bits of a hash; here it means --similarity {similar:.0f}",
                threshold=self.threshold,
                similar=similar,
            )
        )
        return {**found, "similar": similar}

    @property
    def only_copies(self) -> bool:
        """Whether the threshold asks for the same picture alone."""
        return self.threshold is not None and self.threshold <= SAME


SAME = 3  # the threshold up to which the flag's own help says "only near-duplicates"
SIMILAR = {6: 90.0, 10: 80.0, 64: 70.0}  # up to this threshold, this similarity
APPLY = N_("`{command} immich apply` writes to Immich")
INSTEAD = {
    "state_file": N_("a run continues by the content of the folder it writes to, and needs no file of its own"),
    "no_verify_ssl": N_("give the server's certificate with --ca-file"),
    "hdr_gamma": N_("--hdr merges by exposure fusion, which has no gamma"),
    "tag_only": APPLY,
    "create_albums": APPLY,
    "mark_best_favorite": APPLY,
    "album_prefix": APPLY,
    "immich_cache_dir": N_("fetched pictures lie in the data folder, which UNIPIC_DATA names"),
    "immich_api_key": N_("a key is no argument that others can see; set UNIPIC_IMMICH_KEY"),
}
