"""The `unipic` command, and `python -m unipic`: the command line of main.py."""

import sys

from unipic.core.settings import APP


def main() -> None:
    sys.path.insert(0, str(APP))
    from main import app

    app(prog_name="unipic")


if __name__ == "__main__":
    main()
