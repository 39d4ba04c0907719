"""The stages of a cleanup, in their order, for one bar over all of them."""

from unipic.cleanup import _neighbours, compare, face_stage, look, rank
from unipic.core.language import kept
from unipic.core.progress import Stage
from unipic.library import companions, filling, traits
from unipic.video import facts, same_film

FINDING, READING = kept("Finding files"), kept("Reading photos")

# Weights are seconds for 1,000 photos of 12 megapixels (benchmarks/RESULTS.md, Speed), to start from: a run's own
# speed takes their place, stage by stage.
INDEXING = (
    Stage(READING, 35, kept("Each photo is opened once: its date, what can be seen, how sharp and how bright it is.")),
    Stage(companions.STAGE, 1, kept("Films of live photos, raw files and sidecars are put with their photos.")),
)
SEARCHING = (
    Stage(filling.STAGE, 7, kept("The colours and the light of each photo are noted, to search by.")),
    Stage(traits.STAGE, 1, kept("Dates, places, kinds, names and words are made ready for the search.")),
)
SHOWING = (Stage(filling.MEANING, 40, kept("A model looks at each photo once, so that words find what it shows.")),)
THINGS = (
    Stage(filling.THINGS, 300, kept("SAM finds the things in each photo once, so that words find them by themselves.")),
)
COMPARING = (
    Stage(_neighbours.STAGE, 1, kept("Photos that resemble each other at a glance are looked for.")),
    Stage(
        compare.STAGE, 7, kept("Each pair that resembles is laid on each other: the same picture, or the same moment?")
    ),
    Stage(look.STAGE, 4, kept("Before a photo is called a copy, both are compared at full size, block by block.")),
)
FILMS = (
    Stage(facts.STAGE, 5, kept("Each film is opened once: its length, its date, and a picture that shows it.")),
    Stage(facts.PRINTING, 60, kept("Four pictures of each second are noted, to know the film again in any file.")),
    Stage(same_film.STAGE, 1, kept("Films that show the same at the same time are one film.")),
)
FACES = Stage(
    face_stage.STAGE, 4, kept("In the similar shots: whose eyes are open, and who smiles. Not who anybody is.")
)
SCORING = Stage(rank.STAGE, 12, kept("A model judges the similar shots by what makes a good photo."))


def stages(scored: bool, films: bool = False, faces: bool = False) -> tuple[Stage, ...]:
    """The stages of a cleanup: a model scores the shots of groups, films take part, faces are looked at."""
    extra = (*((FACES,) if faces else ()), *((SCORING,) if scored else ()))
    return (*INDEXING, *(FILMS if films else ()), *COMPARING, *extra)
