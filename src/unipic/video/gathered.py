"""The shots and frames of a film: worked out in a limited process, remembered shot by shot, and taken up again."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from PIL import Image

from unipic.core.files import hash_file
from unipic.core.language import kept
from unipic.core.photo import Found
from unipic.core.progress import Progress, Stage, Step, silent
from unipic.library.frames import FilmRows
from unipic.library.index import StoredIndex
from unipic.reading.engines.base import Failure
from unipic.reading.seen import half
from unipic.video import detectors, keyframes, technical as judging
from unipic.video.candidates import Candidate, pixels_of
from unipic.video.decode import in_worker
from unipic.video.film import Film, NotAFilm, probe
from unipic.video.keyframes import Along, Asked, Closed, Ended, Pick
from unipic.video.shots import Shot
from unipic.vision.base import VIEW, Encoder, Part

LOOKING = Stage(kept("Looking through the film"), 1.0, kept("Finding shots, and the best picture of each."))
NO_SMALL = np.zeros((3, 0, 0), np.uint8)


@dataclass(frozen=True, eq=False)
class FilmFrame:
    """A frame that was chosen. `name` is that of its row and picture."""

    name: str
    shot: int
    rank: int  # in its shot: 0 for the best, then those that show another view
    score: float  # in its shot
    candidate: Candidate  # without pixels
    vector: np.ndarray  # float32 [D], of length 1


@dataclass(frozen=True)
class Gathered:
    """What was found in a film."""

    film: Film
    shots: tuple[Shot, ...]
    frames: tuple[FilmFrame, ...]
    problem: str = ""  # why it ended before the film did
    damaged: int = 0  # packets that could not be decoded
    remembered: bool = False  # the film was not opened


def rows_for(asked: Asked, encoder: Encoder, index: StoredIndex) -> FilmRows:
    """Where what is asked of films is remembered: rows of other detectors, encoders and versions do not mix."""
    pace = f"fast {asked.every:g}" if asked.fast else f"every {asked.every:g}" if asked.every else asked.detector
    limit = "" if asked.limit == float("inf") else f" limit {asked.limit:g}"
    made = f"{keyframes.VERSION}.{detectors.VERSION}.{judging.VERSION}"
    return FilmRows(index, f"frames {pace} {asked.format}{limit} {encoder.key}", made)


def film_of(file: Found, rows: FilmRows) -> tuple[Film, bool]:
    """The film of a file, and whether that was remembered. Otherwise it is opened in a worker. NotAFilm, OSError."""
    digest = rows.digest(file)
    for part in rows.parts(digest) if digest else ():
        if part.kind == "film":
            return _film(dict(part.facts), file), True
    digest = digest or hash_file(file.path)
    opened = next(in_worker(_probed, file.path), Failure(kept("holds nothing")))
    if isinstance(opened, Failure):
        raise NotAFilm(opened.reason)
    film = replace(opened, id=file.id, name=file.name, digest=digest)
    rows.remember(file, digest)
    rows.keep(digest, [Part("film", "film", facts=_facts(film))], {})
    return film, False


def gather(film: Film, asked: Asked, encoder: Encoder, rows: FilmRows, progress: Progress = silent) -> Gathered:
    """Shots and frames of a film, as far as they are not remembered. NotAFilm, OSError.

    Each closed shot is stored, so that a stopped run goes on there and ends with the same pictures.
    """
    parts = rows.parts(film.digest)
    shots, frames = _known(parts)
    if rows.is_done(film.digest):
        ended = next((part.facts for part in parts if part.kind == "end"), {})
        return Gathered(film, shots, frames, str(ended.get("stopped", "")), int(ended.get("damaged", 0)), True)
    asked = replace(asked, path=film.path, fps=film.fps, **_from(shots))
    shots, frames = shots[:-1], tuple(frame for frame in frames if frame.shot < asked.number)
    seconds = min(film.seconds, asked.limit)
    problem, damaged = "", 0
    for told in in_worker(keyframes.look, asked, asked.limits):
        if isinstance(told, Failure):
            problem = kept(
                "stopped at {time}: it {reason}", time=clock(shots[-1].end if shots else 0.0), reason=told.reason
            )
            _finish(film, rows, Ended(0, 0.0, 0, problem))
        elif isinstance(told, Closed):
            new = list(_viewed(told, encoder)) if told.picks else []
            shots, frames = (*shots, told.shot), (*frames, *(frame for frame, _ in new))
            shot = Part(f"shot {told.shot.number:06d}", "shot", time=told.shot.start, facts=asdict(told.shot))
            parts = [shot, *(_frame_part(frame) for frame, _ in new)]
            rows.keep(film.digest, parts, {frame.name: coded for frame, coded in new})
        elif isinstance(told, Ended):
            problem, damaged = told.stopped, told.damaged
            _finish(film, rows, told)
        at = told.seconds if isinstance(told, Along | Ended) else told.shot.end if isinstance(told, Closed) else 0.0
        if at:  # what its header says may be wrong
            whole = round(at if isinstance(told, Ended) else max(at, seconds))
            progress(Step(LOOKING.name, round(at), whole, "second"))
    return Gathered(film, shots, frames, problem, damaged)


def clock(seconds: float) -> str:
    """ "00:03:41.250"."""
    whole, part = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{part:03d}"


def _finish(film: Film, rows: FilmRows, ended: Ended) -> None:
    """A film that kills its decoder would do so again, so it is done too."""
    rows.keep(film.digest, [Part("end", "end", facts=asdict(ended))], {})
    rows.done(film.digest)


def _probed(path: str) -> Iterator[Film]:
    yield probe(path)


def _viewed(closed: Closed, encoder: Encoder) -> Iterator[tuple[FilmFrame, bytes]]:
    """The picks of a shot that show something else than those before them, as the encoder sees them."""
    views = np.stack([_view(pick.candidate.coded) for pick in closed.picks])
    vectors = half(encoder.embed(views)).astype(np.float32)
    taken: list[np.ndarray] = []
    for pick, vector in zip(closed.picks, vectors, strict=True):
        if all(float(vector @ other) < encoder.calibration.middle for other in taken):
            yield _frame(pick, closed.shot, len(taken), vector), pick.candidate.coded
            taken.append(vector)


def _view(coded: bytes) -> np.ndarray:
    """uint8 [VIEW, VIEW, 3], as of a photo."""
    picture = Image.fromarray(pixels_of(coded))
    return np.asarray(picture.resize((VIEW, VIEW), Image.Resampling.BICUBIC))


def _frame(pick: Pick, shot: Shot, rank: int, vector: np.ndarray) -> FilmFrame:
    candidate = replace(pick.candidate, coded=b"", small=NO_SMALL)
    name = f"{round(candidate.seconds * 1000):010d}"  # milliseconds; in the order of time
    return FilmFrame(name, shot.number, rank, pick.score, candidate, vector)


# To rows and back.


def _frame_part(frame: FilmFrame) -> Part:
    facts = {name: value for name, value in vars(frame.candidate).items() if name not in ("coded", "small")}
    facts |= {"shot": frame.shot, "rank": frame.rank, "score": frame.score}
    return Part(frame.name, "frame", time=frame.candidate.seconds, facts=facts, vector=frame.vector)


def _known(parts: list[Part]) -> tuple[tuple[Shot, ...], tuple[FilmFrame, ...]]:
    """The shots up to the first gap, and their frames."""
    shots: list[Shot] = []
    for part in parts:
        if part.kind == "shot" and part.facts["number"] == len(shots) + 1:
            shots.append(Shot(**part.facts))
    frames = [_frame_of(part) for part in parts if part.kind == "frame" and part.vector is not None]
    return tuple(shots), tuple(frame for frame in frames if frame.shot <= len(shots))


def _frame_of(part: Part) -> FilmFrame:
    facts = dict(part.facts)
    shot, rank, score = facts.pop("shot"), facts.pop("rank"), facts.pop("score")
    assert part.vector is not None
    return FilmFrame(part.name, shot, rank, score, Candidate(**facts, small=NO_SMALL), part.vector)


def _from(shots: tuple[Shot, ...]) -> dict[str, Any]:
    """Where a pass goes on: how the shot after the last one begins is not stored, so that one is closed again."""
    if not shots:
        return {}
    last = shots[-1]
    return {"start": last.start, "number": last.number, "kind_in": last.kind_in, "clear_from": last.clear_from}


def _facts(film: Film) -> dict[str, Any]:
    values = asdict(film)
    return {**values, "taken": film.taken.isoformat() if film.taken else None}


def _film(values: dict[str, Any], file: Found) -> Film:
    taken, place = values["taken"], values["place"]
    its = {"id": file.id, "name": file.name, "path": file.path}
    return Film(
        **{
            **values,
            **its,
            "taken": datetime.fromisoformat(taken) if taken else None,
            "place": tuple(place) if place else None,
        }
    )
