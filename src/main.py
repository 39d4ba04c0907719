"""The command line; its commands lie in cli/.

Processes that decode photos import this file as __mp_main__, and need no commands: that would take 0.2 s in each.
"""

if __name__ != "__mp_main__":
    from cli.commands import app as app

if __name__ == "__main__":
    app()
