"""The command line; its commands lie in cli/.

Processes that decode photos import this file as __mp_main__, and need no commands: that would take 0.2 s in each.
"""

import sys

READING = {"clean", "index"}  # commands that read photos

if __name__ != "__mp_main__":
    if READING.intersection(sys.argv[1:2]) and "--help" not in sys.argv:
        from unipic.reading.engines.local import prepare

        prepare()  # first, so that what reads photos is imported beside the commands
    from cli.commands import app as app

if __name__ == "__main__":
    app()
