"""The files in archives as they were downloaded: parts of Google Takeout and of iCloud, or any ZIP or .tgz."""

import hashlib
import os
from collections.abc import Iterator

from unipic.core import archives
from unipic.core.language import kept
from unipic.core.photo import Found, Unreadable
from unipic.sources.base import stamp


def files_in(path: str, label: str = "", key: str = "") -> Iterator[Found | Unreadable]:
    """Every member of an archive or of a set of parts, by name; and what is wrong with parts, or missing.

    `label`: the prefix of names; `key`: what ids are made from in its place, where several archives have one label.
    """
    members, problems = archives.content(path)

    def known(name: str) -> tuple[str, str, str]:
        shown = f"{label}/{name}" if label else name
        id = hashlib.blake2s(os.fsencode(f"{key}/{name}" if key else shown), digest_size=10).hexdigest()
        return id, shown, f"{path}/{name}"

    # A .tgz is read from its beginning to its end, so that each process unpacks it once.
    for name, member in sorted(members.items(), key=_place):
        if member.problem:
            yield Unreadable(*known(name), member.problem, member.size, copyable=False)
        else:
            yield Found(*known(name), member.size, stamp(archives.status_of(member)))
    gone = kept("is missing: photos in it are not looked at, nor what it says of others. Download it, and start again")
    wrong = {
        os.path.basename(part): kept("{problem}. What came before the damage is used", problem=why)
        for part, why in problems.items()
    }
    for name, reason in (wrong | dict.fromkeys(archives.missing(path), gone)).items():
        # By the archive's own path, so that nothing of it is taken for gone.
        yield Unreadable(*known(name)[:2], path, reason, copyable=False)


def _place(one: tuple[str, archives.Member]) -> tuple[str, int, str]:
    name, member = one
    return member.part, member.at if isinstance(member.at, int) else 0, name
