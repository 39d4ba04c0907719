"""The numbers by which faces become persons. They belong to the network that made the vectors."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class FaceLimits:
    """Cosines of one network and what they are worth; the defaults are those of dlib's ResNet.

    Measured on 342 pairs of one person and 21,321 pairs of two (16 public figures in 103 photos, and 574 faces of
    strangers): at .917 one pair in 1,000 of different people passes, at .932 one in 10,000.
    """

    join: float = 0.93  # mean cosine of two groups from which they are one person
    ask: float = 0.90  # from here on a person is asked; below, one pair in 100 is of one person at most
    attach: float = 0.94  # of a poor face to a person's likest faces: poor faces resemble everybody, so it is stricter
    lead: float = 0.015  # by which the person of a poor face is ahead of the next one
    twins: float = 0.97  # two faces of one photo that are likelier than this are twins, a mirror or a collage
    middle: float = 0.915  # the cosine with even odds, in the likeness that people see
    slope: float = 150.0  # log-odds for a cosine of 1, of the same fit
    you: float = 0.92  # a selfie's face and another from which they are one person, for the one who looks for herself
    perhaps: float = 0.90  # and from which they may be

    def likeness(self, cosine: float) -> float:
        """0 to 100: how sure two faces are one person's."""
        return 100.0 / (1.0 + math.exp(-self.slope * (cosine - self.middle)))


DLIB = FaceLimits()
LIKEST = 3  # faces of a person that a poor face is compared with
FEWEST_PHOTOS = 3  # that show somebody nobody named; strangers of one day have fewer
NEIGHBOURS = 32  # of each face that may join it at first; groups inherit those of their members
REGROUP_AFTER = 1000  # new faces: then everything is grouped anew, since faces that came one by one join less well
