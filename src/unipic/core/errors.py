"""Every error Unipic raises on purpose.

UnipicError
├── SettingsError
├── SourceError
├── ModelError
│   ├── ModelMissing
│   └── ModelDamaged
├── DestinationError
│   ├── AlreadyThere
│   ├── DiskFull
│   ├── ChangedSinceScan
│   ├── LocationLeft
│   └── NoExiftool
├── ImmichError
├── NotShown
├── DecisionsUnreadable
│   └── DecisionsNewer
├── RunNotFound
└── Cancelled

A file that cannot be read is not an error: it becomes an `Unreadable`, and the run goes on.
A message says what happened, to which file, and what to do next.
"""


class UnipicError(Exception):
    """Base of everything that an entry point turns into a message."""


class SettingsError(UnipicError):
    """A number, word or config file that cannot be used."""


class SourceError(UnipicError):
    """A folder that cannot be read or is not allowed."""


class ModelError(UnipicError):
    """A model that cannot be used."""


class ModelMissing(ModelError):
    """Weights that are not installed and could not be downloaded."""


class ModelDamaged(ModelError):
    """Weights with another sha256 than the manifest's."""


class DestinationError(UnipicError):
    """A result that cannot be written where requested."""


class AlreadyThere(DestinationError):
    """Something exists at the target; nothing is ever overwritten."""


class DiskFull(DestinationError):
    """Not enough disk space; the message has the missing bytes."""


class ChangedSinceScan(DestinationError):
    """An original that changed since it was scanned."""


class LocationLeft(DestinationError):
    """A copy whose location could not be removed."""


class NoExiftool(DestinationError):
    """exiftool, which removes locations, is missing."""


class ImmichError(UnipicError):
    """An Immich server that cannot be reached, or does not do what it was asked."""


class NotShown(UnipicError):
    """A picture of an original that cannot be made: it changed, is gone, or breaks its decoder."""


class DecisionsUnreadable(UnipicError):
    """The record of earlier choices is damaged, or not a file of Unipic's."""


class DecisionsNewer(DecisionsUnreadable):
    """The record of earlier choices was written by a newer version; it is left as it is."""


class RunNotFound(UnipicError):
    """A wrong address of a run, or a run that was deleted."""


class Cancelled(UnipicError):
    """The person stopped it."""
