"""Every way Unipic can fail on purpose.

UnipicError
├── SettingsError          a number, a word or a config file that cannot be used
├── SourceError            a folder that cannot be read, or is not allowed
├── ModelError
│   ├── ModelMissing       weights that are not here and could not be fetched
│   └── ModelDamaged       weights whose sha256 is not the manifest's
├── DestinationError       a result that cannot be written where it was asked for
│   ├── AlreadyThere       something is there already; nothing is ever overwritten
│   ├── DiskFull           with the bytes that are missing
│   ├── ChangedSinceScan   an original that is no longer what was looked at
│   ├── LocationLeft       a copy that could not be freed from where it was taken
│   └── NoExiftool         the program that does it is missing
├── NotShown               a picture of an original that cannot be made: it changed, is gone, or breaks its decoder
├── DecisionsUnreadable    the record of earlier choices is damaged, or no file of ours
├── RunNotFound            a run's address that is wrong, or a run that is gone
└── Cancelled              the person stopped it

A file that cannot be read is not an error: it is an `Unreadable`, and the run goes on.
A message says what happened, to which file, and what to do next.
"""

from __future__ import annotations


class UnipicError(Exception):
    """Base of everything a door turns into a clear message."""


class SettingsError(UnipicError):
    pass


class SourceError(UnipicError):
    pass


class ModelError(UnipicError):
    pass


class ModelMissing(ModelError):
    pass


class ModelDamaged(ModelError):
    pass


class DestinationError(UnipicError):
    pass


class AlreadyThere(DestinationError):
    pass


class DiskFull(DestinationError):
    pass


class ChangedSinceScan(DestinationError):
    pass


class LocationLeft(DestinationError):
    pass


class NoExiftool(DestinationError):
    pass


class NotShown(UnipicError):
    pass


class DecisionsUnreadable(UnipicError):
    pass


class RunNotFound(UnipicError):
    pass


class Cancelled(UnipicError):
    pass
