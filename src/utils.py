"""The pipeline, stage by stage. The stages are implemented in the folders of unipic/."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from unipic.albums.alike import similar_in
from unipic.albums.clocks import Offset, offsets_of
from unipic.albums.events import Events, clocks_in, events_of
from unipic.albums.folders import event_folders
from unipic.albums.groups import groups_of, left_of, numbered
from unipic.albums.plan import Clock, Facts, Tree, Wish, no_clock, plan_tree
from unipic.albums.present import people_in
from unipic.albums.sessions import Rules, unknown
from unipic.albums.shots import in_order, shots_of
from unipic.albums.titles import Known
from unipic.cleanup.bonds import NO_BONDS, Bonds
from unipic.cleanup.checked import checked
from unipic.cleanup.clusters import find_moments
from unipic.cleanup.clutter import find_clutter
from unipic.cleanup.compare import Sketches, compare, same_picture
from unipic.cleanup.copies import find_copies, identical, without_copies
from unipic.cleanup.evidence import Evidence
from unipic.cleanup.face_stage import look_at_faces
from unipic.cleanup.film_gallery import Films, Kept, index_films, look_through_films
from unipic.cleanup.films import beside, films_of, photos_of
from unipic.cleanup.look import look
from unipic.cleanup.rank import Faces, prompt_score, rank
from unipic.cleanup.result import Cleanup, DuplicateSet
from unipic.cleanup.series import find_series, no_copies
from unipic.cleanup.stages import FILMS, FINDING, INDEXING, READING, SEARCHING, SHOWING, THINGS, stages
from unipic.core.embeddings import Embeddings
from unipic.core.errors import ModelError
from unipic.core.language import kept
from unipic.core.photo import Found, Gallery, Photo, Unreadable
from unipic.core.progress import Progress, Step, counted, silent, within
from unipic.core.settings import Settings, Thresholds
from unipic.destinations.tree import known_groups
from unipic.library import faces
from unipic.library.companions import together
from unipic.library.events import EventRulings
from unipic.library.indexing import gather, remembered
from unipic.library.library import Library, Update
from unipic.library.recognised import AT_ONCE, STAGE, Which, unread, word_model
from unipic.library.thumbnails import Lent
from unipic.people.grouping import How
from unipic.people.people import People, let_join, open_people
from unipic.review.outcomes import Outcome
from unipic.search.results import Results
from unipic.search.search import Asked, Choice, Example
from unipic.sources.base import Source
from unipic.sources.immich_place import opened
from unipic.tools import Tools, meaning_model, segment_model
from unipic.video.same_film import Alike
from unipic.vision.base import Encoder

if TYPE_CHECKING:  # what has no film does without FFmpeg
    from unipic.library.frames import FilmRows
    from unipic.video.keyframes import Asked as FilmAsked
    from unipic.video.telling import Telling, Wish as FilmWish

Compared = Callable[[Evidence], None]
Said = Callable[[Gallery], Bonds]
Named = Callable[[Sequence[Photo]], Mapping[str, str]]  # names by the keys of faces


def index_gallery(
    folder: Path, library: Library, tools: Tools, settings: Settings, progress: Progress = silent
) -> Update:
    """Read what is new under a folder of the library, and hide what is gone. SourceError if it cannot be reached."""
    progress(Step(FINDING, 0, 0, ahead=(*INDEXING, *SEARCHING)))
    with opened(folder) as place:
        files = library.files(folder, place)
        gone = library.update(folder, files)
        new = tools.index.unknown([file for file in files if isinstance(file, Found)], tools.encoder.key)
        lots = place.fetched(new) if place else [new]
        see = partial(remembered, see=tools.seeing(settings), engine=tools.engine, index=tools.index)
        seen = (one for lot in lots for one in see(lot, thumbnails=tools.thumbnails, key=tools.encoder.key))
        read = counted(seen, READING, len(new), progress)
        no_photos = [one for one in read if isinstance(one, Unreadable)]
    if not place:  # of a server's photos, what belongs together is known by its list
        library.join(folder, files, tools.engine, tools.index, progress)
    films = index_films(files, library, _kept(tools, settings), progress)
    library.describe(tools.engine, progress)
    told = (films.get(one.id, one) for one in no_photos)
    unreadable = tuple(one for one in told if isinstance(one, Unreadable))
    return Update(len(files), len(new), gone, unreadable, library.keep_once(folder))


def see_meaning(
    library: Library, tools: Tools, settings: Settings, models: Path, progress: Progress = silent, things: bool = False
) -> list[str]:
    """Show the library's photos to the search's text encoder, those it has not seen. Returns notices.

    `things`: those in the photos instead, where a person put a checkpoint of SAM that finds them.
    """
    model, notices = segment_model(settings, models) if things else meaning_model(settings, models, progress)
    if model is None:
        return notices
    ahead = THINGS if things else SHOWING
    progress(Step(ahead[0].name, 0, 0, ahead=ahead))
    try:
        library.fill(model, tools.engine, progress, limits=settings.limits)
    except ModelError as error:
        until = kept("{error} Until then photos are not searched by what they show.", error=error)
        if things:
            until = kept("{error} Until then photos are not searched by the things in them.", error=error)
        return [*notices, until]
    return notices


def find_faces(library: Library, tools: Tools, settings: Settings, progress: Progress = silent) -> list[str]:
    """Find the faces in the library's photos; and tell them apart, where somebody turned that on. Returns notices."""
    asked = faces.is_on(library)
    progress(Step(faces.FINDING.name, 0, 0, ahead=(faces.FINDING, faces.TELLING) if asked else (faces.FINDING,)))
    try:
        faces.find(library, tools.engine, settings.limits, progress)
        if asked and library.has_films():
            from unipic.video.film_faces import look_for_faces  # here: what has no film does without FFmpeg

            look_for_faces(library, settings, progress)
        faces.tell_apart(library, tools.engine, settings.limits, settings.machine.device, progress)
    except ModelError as error:
        nobody = kept("{error} Until then nobody is recognised.", error=error)
        return [nobody if asked else kept("{error} Until then no faces are found.", error=error)]
    return let_join(library) if asked else []


def find_people(
    library: Library,
    tools: Tools,
    settings: Settings,
    progress: Progress = silent,
    tidy: bool = False,
    how: How = "linkage",
) -> tuple[People, list[str]]:
    """Find faces, tell them apart where somebody turned that on, and group them as persons; and notices.

    New faces come to the groups that are known; `tidy`: all are grouped anew. What people said holds either way.
    """
    notices = find_faces(library, tools, settings, progress)
    people = open_people(library)
    people.group(tidy, how)
    return people, notices


def read_words(which: Which, library: Library, tools: Tools, settings: Settings, progress: Progress = silent) -> int:
    """Read the words in the library's pictures, and make them searchable. Returns in how many.

    Of screenshots and documents first, then, if they are wanted, of all other photos. ModelError if the reader of
    words cannot be used. What was read before an interruption is kept.
    """
    if which == "off":
        return 0
    todo = [(fine, unread(library, fine)) for fine in ((True, False) if which == "all" else (True,))]
    total, read = sum(len(digests) for _, digests in todo), 0
    for fine, digests in todo:
        for start in range(0, len(digests), AT_ONCE):
            some = digests[start : start + AT_ONCE]
            progress(Step(STAGE.name, read, total, "photo", ahead=() if read else (STAGE,)))
            inside = partial(within, progress, read, total)
            library.fill(word_model(fine), tools.engine, inside, some, settings.limits)
            library.describe(tools.engine)
            read += len(some)
    return total - sum(len(unread(library, fine)) for fine, _ in todo)


def clean_gallery(
    source: Source,
    tools: Tools,
    settings: Settings,
    progress: Progress = silent,
    said: Said | None = None,
    named: Named | None = None,
) -> Cleanup:
    """Find copies, group shots of one moment, and recommend the best of each. Nothing is removed.

    `said` gives what a person decided about a gallery's photos; `named`: what people in them are called.
    """
    found = examine(source, tools, settings, progress)
    evidence = replace(found, names=named(found.gallery.photos)) if named else found
    return arrange(evidence, settings.thresholds, said(evidence.gallery) if said else NO_BONDS)


def examine(
    source: Source, tools: Tools, settings: Settings, progress: Progress = silent, compared: Compared | None = None
) -> Evidence:
    """Read each photo once, and compare those that resemble each other. This takes the time."""
    ahead = stages(tools.scorer is not None, settings.comparing.videos, tools.faces is not None)
    progress(Step(FINDING, 0, 0, ahead=ahead))
    files = list(source.files())
    new = tools.seeing(settings)
    seen = remembered(files, new, tools.engine, tools.index, tools.thumbnails, tools.encoder.key)
    gallery, embeddings = gather(files, counted(seen, READING, len(files), progress))
    gallery = together(gallery, tools.engine, progress, tools.index, files)
    embeddings = embeddings.of(gallery.photos)
    if not settings.comparing.videos:
        return weigh(gallery, embeddings, tools, settings, progress, compared)
    films = look_through_films(gallery, files, _kept(tools, settings), progress=progress)
    return weigh(films.gallery, embeddings, tools, settings, progress, compared, films)


def find_film_copies(
    source: Source,
    tools: Tools,
    settings: Settings,
    alike: Alike = Alike(),  # noqa: B008  frozen
    progress: Progress = silent,
) -> tuple[Films, tuple[DuplicateSet, ...]]:
    """The films of a source, and the sets of those that are one film. Photos are read, to know what belongs to them."""
    files = list(source.files())
    progress(Step(FINDING, 0, 0, ahead=(*INDEXING, *FILMS)))
    seen = remembered(files, tools.seeing(settings), tools.engine, tools.index, tools.thumbnails, tools.encoder.key)
    gallery, _ = gather(files, counted(seen, READING, len(files), progress))
    gallery = together(gallery, tools.engine, progress, tools.index, files)
    films = look_through_films(gallery, files, _kept(tools, settings), alike, progress)
    return films, find_copies(films_of(films.gallery), films.likeness, settings.thresholds.near, NO_BONDS).sets


def search_gallery(
    text: str,
    asked: Asked,
    examples: Sequence[Example] = (),
    *,
    within: Path | None = None,
    every_shot: bool = False,
    unsure: bool = True,
    limit: int | None = None,
) -> Results:
    """Find photos of the library by a query in people's words, and by example pictures. QueryError.

    `within`: only photos in this folder; `every_shot`: copies and bursts one by one; `unsure`: also photos for which
    only some of the words, or a distant likeness, speak.
    """
    query = asked.parse(text)
    allowed = asked.allowed(query.chips, within)
    lent = Lent(asked.library.reader.thumbnails.folder, {one.photo.digest: one.thumbnail for one in examples})
    same = same_picture(Sketches(lent), Settings().comparing.near_bits)
    ranked = asked.rank(query, allowed, examples, same)
    return asked.results(query, allowed, ranked, Choice(every_shot, unsure, limit))


def find_events(
    library: Library,
    encoder: Encoder | None = None,
    rules: Rules = Rules(),  # noqa: B008  frozen
    people: Known | None = None,
) -> Events:
    """The events of the library's photos, with what people said of them. DecisionsUnreadable.

    `encoder`: its vectors decide pauses of unclear length where no place is known; `people`: names for titles; None:
    those that people gave to faces in the library.
    """
    known = people_in(library) if people is None else people
    similar = similar_in(library, encoder.key, encoder.calibration) if encoder else unknown
    return events_of(shots_of(library), EventRulings(library.data).all(), rules, similar, known)


def find_clocks(library: Library, encoder: Encoder) -> list[Offset]:
    """Cameras whose clocks seem to disagree, where nobody has judged that yet. DecisionsUnreadable."""
    rulings = EventRulings(library.data).all()
    dated, _ = in_order(shots_of(library), clocks_in(rulings))
    settled = frozenset(digest for ruling in rulings if ruling.kind == "clock" for digest in ruling.digests)
    return offsets_of(dated, partial(library.vectors_of, key=encoder.key), encoder.calibration, settled)


def weigh(
    gallery: Gallery,
    embeddings: Embeddings,
    tools: Tools,
    settings: Settings,
    progress: Progress = silent,
    compared: Compared | None = None,
    films: Films | None = None,
) -> Evidence:
    """Compare the photos, look again at copies, then look at the faces in members of clusters, and score these.

    `embeddings`: of the photos. Calls `compared(evidence)` between the two, so that copies can be reviewed while models
    run.
    """
    photos = photos_of(gallery)
    different = embeddings.of(without_copies(photos, identical(photos)))
    bits, workers = settings.comparing.near_bits, settings.machine.workers
    likeness = compare(different, tools.encoder.calibration, tools.thumbnails, bits, workers, progress, tools.index)
    series = find_series(different.photos, likeness, Sketches(tools.thumbnails))
    second = partial(look, engine=tools.engine, limits=settings.limits, progress=progress, index=tools.index)
    likeness = checked(no_copies(likeness, series), settings.thresholds.near, second)
    likeness = beside(likeness, films.likeness) if films else likeness
    ranker = _ranker(tools)
    notices = (*tools.notices, *tools.index.notices)
    evidence = Evidence(gallery, likeness, tools.encoder.label, ranker, tools.weights, notices=notices, series=series)
    evidence = replace(evidence, clutter=find_clutter(photos, series, tools.thumbnails, tools.faces, tools.index))
    if tools.scorer is None and tools.faces is None:
        return evidence
    if compared:
        compared(replace(evidence, ranked=False))
    members = [photo for cluster in arrange(evidence, settings.thresholds).clusters for photo in cluster.photos]
    return _scored(_with_faces(evidence, members, tools, progress), members, tools, settings, progress)


def _with_faces(evidence: Evidence, members: Sequence[Photo], tools: Tools, progress: Progress) -> Evidence:
    """With the faces in the members of clusters, if there is a model that finds them."""
    if tools.faces is None:
        return evidence
    try:
        faces = look_at_faces(members, tools.faces, tools.thumbnails, progress, tools.index)
    except ModelError as error:
        instead = kept("{error} Until then faces are not looked at: open eyes do not count.", error=error)
        return replace(evidence, notices=(*evidence.notices, instead))
    return replace(evidence, faces=faces)


def _scored(
    evidence: Evidence, members: Sequence[Photo], tools: Tools, settings: Settings, progress: Progress
) -> Evidence:
    """With a model's scores of the members of clusters, if there is one."""
    if tools.scorer is None:
        return evidence
    try:
        scores = prompt_score(members, tools.scorer, tools.thumbnails, settings.ranking.wish, progress, tools.index)
    except ModelError as error:
        without = replace(tools, scorer=None)
        instead = kept("{error} Until then the built-in ranking is used.", error=error)
        return replace(evidence, ranker=_ranker(without), notices=(*evidence.notices, instead))
    return replace(evidence, scores=scores)


def keyframes(
    file: Found, asked: FilmAsked, wish: FilmWish, tools: Tools, rows: FilmRows, progress: Progress = silent
) -> Telling:
    """Find the pictures that tell a film: its shots, the best frames of each, put together by scene. NotAFilm, OSError.

    Nothing is written but what is remembered: a second run does not open the film, and a stopped one goes on.
    """
    from unipic.video.gathered import LOOKING, film_of, gather
    from unipic.video.telling import tell

    progress(Step(LOOKING.name, 0, 0, ahead=(LOOKING,)))
    film, _ = film_of(file, rows)
    found = gather(film, asked, tools.encoder, rows, progress)
    return tell(found, wish, tools.encoder.calibration)


def organise(
    cleanup: Cleanup, everything: Sequence[Outcome], wish: Wish, folder: Path, clock: Clock = no_clock
) -> Tree:
    """Where every file goes in a tree of groups, dates or events below `folder`. Nothing is written.

    A group has two photos or more that stay; its best are those a person chose, or the recommended one. Groups that an
    earlier run left there keep their numbers. `clock`: the time of files that have no capture time.
    """
    stay = [outcome for outcome in everything if outcome.fate == "kept"]
    chosen = frozenset(outcome.file.id for outcome in stay if outcome.by == "you" and not wish.best_only)
    groups = groups_of(cleanup, chosen, wish.only_copies)
    if not wish.best_only:
        groups = left_of(groups, frozenset(outcome.file.id for outcome in stay))
    known = numbered(groups, known_groups(folder))
    events = event_folders(cleanup.gallery.photos) if wish.needs_events else ()
    return plan_tree((*cleanup.gallery.photos, *cleanup.gallery.unreadable), wish, Facts(known, events, clock))


def arrange(evidence: Evidence, thresholds: Thresholds, bonds: Bonds = NO_BONDS) -> Cleanup:
    """The quick part: copies, moments and recommendations, by thresholds and a person's rulings."""
    gallery = evidence.gallery
    copies = find_copies(gallery.photos, evidence.likeness, thresholds.near, bonds)
    moments = find_moments(copies, thresholds, bonds)
    faces = Faces(evidence.faces, evidence.names)
    ranked = rank(moments, copies.likeness, copies.by_keeper, evidence.scores, evidence.weights, faces)
    grouped = {photo.id for moment in moments for photo in moment}
    return Cleanup(
        gallery=gallery,
        exact=copies.exact,
        near=copies.near,
        clusters=tuple(ranked),
        singles=tuple(photo for photo in copies.left(gallery.photos) if photo.id not in grouped),
        similar=thresholds.similar,
        encoder=evidence.encoder,
        ranker=evidence.ranker,
        notices=evidence.notices,
        same=thresholds.near,
        series=evidence.series,
        clutter=evidence.clutter,
        likeness=copies.likeness,
    )


def _kept(tools: Tools, settings: Settings) -> Kept:
    return Kept(tools.index, tools.thumbnails, tools.encoder, settings.films)


def _ranker(tools: Tools) -> str:
    label = kept("what is measured (focus, shake, light, grain, tilt, framing)")
    label, taste = tools.scorer.label if tools.scorer else label, tools.taste
    return kept("{ranker}, by your taste ({number} groups)", ranker=label, number=taste.groups) if taste else label
