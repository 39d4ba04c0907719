"""What shots of one moment are ranked by: one table for the ranking, the facts beside a photo, and a person's taste."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from unipic.core.face import SURE
from unipic.core.language import gettext_noop as N_, kept
from unipic.core.photo import Measures

Weights = Mapping[str, float]  # by name of the criterion; a criterion without a weight does not count
HIGHER, LOWER = 1, -1  # which of two numbers is better


@dataclass(frozen=True)
class Criterion:
    """One thing to compare shots by. Its number is that of Measures with the same name, or a model's column."""

    name: str
    label: str  # of its row in a table of facts
    value: str  # a person cares about it: "You care more about {value}"
    weight: float  # log-odds that a shot is the better one, for each noticeable difference
    noticeable: float  # difference, in units of `good`
    ahead: str  # of the better shot, with both numbers, as stored
    form: str = "{:.2f}"
    good: Callable[[float], float] = float  # number -> higher is better, equal steps count equally
    levels: tuple[str, ...] = ()  # of log-odds, what people read in place of a number: no, can't tell, yes

    @property
    def better(self) -> int:
        """HIGHER or LOWER."""
        return HIGHER if self.good(1.0) > self.good(0.5) else LOWER

    def say(self, number: float) -> str:
        """The number as people read it. Which way a photo is tilted does not matter."""
        if self.levels:
            return self.levels[self.level(number)]
        return self.form.format(abs(number) if self.name == "tilt" else number)

    @staticmethod
    def level(odds: float) -> int:
        """0, 1 or 2: surely not, not sure, surely."""
        return (odds > -SURE) + (odds > SURE)


def _stops(light: float) -> float:
    return math.log2(max(light, 0.001))


def _less(number: float) -> float:
    return -abs(number)


def _less_area(share: float) -> float:
    return -math.sqrt(share)


# Fitted by benchmarks/ranking.py: a logistic regression without negative weights, on pairs of frames of series made
# from 60 photos of one half of the labelled families, with faults from just visible to plain. Pairs of good frames of
# one moment count as undecided; `noticeable` is about the difference of nine in ten of them. A weight of 0 is a
# finding: on these series the criterion adds nothing to the others. It stays so a person's taste can use it. People
# judge composition first, of which `cut` and `framing` see little. `wish` and `aesthetic` are not fitted, for lack of
# these models there: half a log-odd of CLIP and 0.3 of the aesthetic head's ten points count like a step of exposure.
# Nor are `eyes` and `smile`, for lack of labelled series with faces. Shut eyes against open ones weigh 2.5 log-odds:
# nobody wants that frame if only the light of the other is a stop off. A smile weighs a fifth of that: it decides
# between frames that are equal otherwise.
CRITERIA = (
    Criterion("sharpness", N_("Sharpness of the subject"), N_("sharpness"), 0.16, 0.01,
              kept("sharper on the subject ({best} against {other})")),
    Criterion("shake", N_("Shake"), N_("a steady hand"), 0.15, 0.03,
              kept("steadier (blur in one direction {best} against {other})"), "{:.2f}", _less),
    Criterion("exposure", N_("Light"), N_("exposure"), 0.31, 0.3,
              kept("better exposed ({best} of the light against {other})"), "{:.0%}", _stops),
    Criterion("highlights", N_("Clipped highlights"), N_("detail in bright parts"), 0.23, 0.05,
              kept("highlights kept ({best} clipped against {other})"), "{:.1%}", _less_area),
    Criterion("shadows", N_("Black shadows"), N_("detail in dark parts"), 0.0, 0.05,
              kept("shadows kept ({best} black against {other})"), "{:.1%}", _less_area),
    Criterion("contrast", N_("Contrast"), N_("contrast"), 0.0, 0.03,
              kept("richer in contrast ({best} against {other})")),
    Criterion("noise", N_("Grain"), N_("grain"), 0.24, 0.01, kept("less grain ({best} against {other})"),
              "{:.3f}", _less),
    Criterion("tilt", N_("Tilt"), N_("a straight horizon"), 0.27, 1.0, kept("straighter ({best} against {other})"),
              "{:.1f}°", _less),
    Criterion("cut", N_("Subject cut off"), N_("nothing cut off"), 0.07, 0.01,
              kept("less of the subject at the frame ({best} against {other})"), "{:.0%}", _less),
    Criterion("framing", N_("Framing"), N_("framing"), 0.01, 0.03, kept("better framed ({best} against {other})")),
    Criterion(*("eyes", N_("Eyes"), N_("open eyes"), 0.81, 1.0, kept("eyes {best} (in the other: {other})")),
              levels=(kept("shut"), kept("can't tell"), kept("open"))),
    Criterion(*("smile", N_("Smile"), N_("smiles"), 0.16, 1.0, kept("more of a smile")),
              levels=(kept("no"), kept("can't tell"), kept("yes"))),
    Criterion("wish", N_("Matches your words"), N_("what you asked for in words"), 0.30, 0.5,
              kept("closer to the wish ({best} against {other})")),
    Criterion("aesthetic", N_("Pleasing (of 10)"), N_("how pleasing a picture is"), 0.30, 0.3,
              kept("more pleasing ({best} against {other})"), "{:.1f}"),
)  # fmt: skip
BY_NAME = {criterion.name: criterion for criterion in CRITERIA}
MEASURED = tuple(c for c in CRITERIA if c.name in Measures.__dataclass_fields__)
WEIGHTS: Weights = {criterion.name: criterion.weight for criterion in CRITERIA}
