"""The examples under --help: sentences in the language of the moment, and commands as they are typed."""

from cli.app import FAILED, MISUSED, NO_ROOM, NOTHING_FOUND, PARTLY, STOPPED
from unipic.core.language import gettext as _
from unipic.core.settings import COMMAND

CODES = {
    0: _("done"),
    FAILED: _("failed"),
    MISUSED: _("wrong arguments"),
    NO_ROOM: _("no room on the disk"),
    PARTLY: _("done in part"),
    NOTHING_FOUND: _("nothing found"),
    STOPPED: _("stopped by Ctrl-C"),
}
KEYS = """date year month day before after time · place country near · kind camera format name folder text
      color is has rating size mp width height · who faces people · tag album · sort limit"""


def examples(*groups: tuple[str, ...], codes: tuple[int | tuple[int, str], ...] = (), more: str = "") -> str:
    """What --help ends with. Each group is a sentence and the commands that it is about.

    `codes`: the command's exit codes; with words where they are not those of CODES. `more`: a paragraph before them.
    """
    lines = ["", f"[b]{_('Examples')}[/b]", ""]
    for sentence, *commands in groups:
        lines += [f"  {sentence}", *(f"    {COMMAND} {command}" for command in commands), ""]
    lines += [more, ""] if more else []
    ends = " · ".join("{} {}".format(*(one if isinstance(one, tuple) else (one, CODES[one]))) for one in codes)
    return "\n".join([*lines, f"[b]{_('Exit codes')}[/b]  {ends}\n" if ends else ""])


SEARCH = examples(
    (
        _("What you remember of it: a date, a place, a kind, a camera, a name. Recognised words become conditions:"),
        'search "Rome 2019"',
        'search "screenshots last week"',
        'search "canon, Saturday night, last summer"',
    ),
    (
        _("Conditions written out; several hold together, [b]|[/b] means or, a minus means not:"),
        'search "date:2019-07..2019-08 country:it -kind:screenshot"',
        'search "near:48.86,2.35,5km rating:>=4 size:>5MB"',
        "search 'folder:\"Summer 2014\" color:red|teal is:portrait'",
    ),
    (_("Words in names and captions; in quotes they are never taken for anything else:"), "search '\"RE16 TGK\"'"),
    (
        _("By example. The picture need not be in the library:"),
        "search --like lost.jpg",
        'search "2019" --like beach.jpg --not-like pool.jpg --maybe',
    ),
    (
        _("Send what is found:"),
        'search "favourites 2020" --to ~/best-of-2020',
        'search "kind:document" --paths -0 | xargs -0 ls -l',
        'search "Rome" --json | jq .results',
    ),
    (
        _("How a query is understood, with the number of photos of each condition:"),
        'search "May in Florence" --explain',
    ),
    codes=((0, _("found")), 1, 2, (4, _("some photos could not be copied")), 5),
    more=f"[b]{_('Keys')}[/b]  {KEYS}",
)


IMMICH = examples(
    (
        _("Remember the server and its key, then see what the key may do:"),
        "immich login https://photos.example.org",
        "immich check",
    ),
    (_("What would be written, and nothing more:"), "immich apply immich:album/Lisbon --dry-run"),
    (
        _(
            "Tags and an album for each group of similar shots, after you typed the number of photos; and "
            "all of it back:"
        ),
        "immich apply --create-albums",
        "immich undo",
    ),
    (_("Which photos of a folder are on the server already:"), "clean ~/Pictures immich: --list both.csv"),
    codes=(0, 1, 2, 4, 5, 130),
)
